// Flow-match Heun: rectified flow (see flow_match_euler.cpp) by Heun's method (Karras et al. 2022, arXiv
// 2206.00364, algorithm 1) with optional churn (algorithm 2). Two calls a level, one for the last.
//   derivative_   d_i     step_size_   t_{i+1} - \hat t_i     anchor_   \hat x_i
#include <ATen/ATen.h>

#include "schedulers/choice.hpp"
#include "schedulers/churn.hpp"
#include "schedulers/indexed_scheduler.hpp"
#include "schedulers/makers.hpp"
#include "schedulers/sigma_scheduler.hpp"

namespace zoetrope {
namespace {

class flow_match_heun : public indexed_scheduler {
 public:
  explicit flow_match_heun(const config& options)
      : count_(read_num_train_timesteps(options)), shift_(options.get("shift", 1.0)) {
    if (!(shift_ > 0.0)) throw options.fail(concat("shift ", shift_, " must be above 0"));
    std::vector<float> sigmas;
    for (int64_t t = count_; t >= 1; --t)
      sigmas.push_back(
          shifted(static_cast<float>(t) / static_cast<float>(count_), static_cast<float>(shift_)));
    sigma_max_ = sigmas.front();
    sigma_min_ = sigmas.back();
    set_levels(timesteps_of(sigmas), at::kFloat, sigmas);
  }
  int order() const override { return 2; }

  void set_timesteps(const timestep_request& request) override {
    const int64_t steps = checked_steps(request, {});
    const auto count = static_cast<double>(count_);
    std::vector<double> sigmas = linspace(sigma_max_ * count, sigma_min_ * count, steps);
    for (double& sigma : sigmas) sigma = shifted(sigma / count, shift_);
    const std::vector<float> levels = with_last(sigmas, 0.0);
    set_levels(doubled_after_first(timesteps_of({levels.begin(), levels.end() - 1}), false), at::kFloat,
               doubled_after_first(levels, true));
    derivative_.reset();
    anchor_.reset();
  }

  step_output step(const step_input& input) override {
    const int64_t index = cursor().at(input.timestep);
    const bool first_call = !derivative_.defined();
    at::Tensor sample = input.sample.to(at::kFloat);
    const float from = sigma(index - !first_call), next = sigma(index + first_call);
    const float sigma_hat = churned(input, from, static_cast<int64_t>(levels().size()) - 1, sample);
    const float level = first_call ? from : next;
    const at::Tensor denoised = sample - input.model_output * level;
    const at::Tensor derivative = (sample - denoised) / (first_call ? sigma_hat : next);
    at::Tensor previous;
    if (first_call) {
      step_size_ = next - sigma_hat;
      derivative_ = derivative;
      anchor_ = sample;
      previous = sample + derivative * step_size_;
    } else {
      previous = anchor_ + 0.5 * (derivative_ + derivative) * step_size_;
      derivative_.reset();
      anchor_.reset();
    }
    cursor().advance();
    return {previous.to(input.model_output.scalar_type()), {}};
  }

 private:
  signal_noise mixture(float sigma) const override { return {1.0f - sigma, sigma}; }

  std::vector<double> timesteps_of(const std::vector<float>& sigmas) const {
    std::vector<double> timesteps;
    for (const float sigma : sigmas) timesteps.push_back(sigma * static_cast<float>(count_));
    return timesteps;
  }

  int64_t count_;
  double shift_, sigma_min_, sigma_max_;
  at::Tensor derivative_, anchor_;
  float step_size_ = 0.0f;
};

}  // namespace

std::unique_ptr<scheduler> make_flow_match_heun(const config& options) {
  return std::make_unique<flow_match_heun>(options);
}

}  // namespace zoetrope
