// Flow-match Euler: rectified flow (Liu, Gong, Liu 2023, arXiv 2209.03003) as Stable Diffusion 3 uses it
// (Esser et al. 2024, arXiv 2403.03206): z_sigma = (1 - sigma) x_0 + sigma epsilon (eq. 13), the network
// predicts dz/dsigma.
//   shift    alpha of eq. 23         mu    log of it, chosen by the caller for each picture size
#include <ATen/ATen.h>

#include "schedulers/choice.hpp"
#include "schedulers/flow_shift.hpp"
#include "schedulers/indexed_scheduler.hpp"
#include "schedulers/makers.hpp"
#include "schedulers/sigma_schedule.hpp"
#include "schedulers/timestep_spacing.hpp"

namespace zoetrope {
namespace {

class flow_match_euler : public indexed_scheduler {
 public:
  explicit flow_match_euler(const config& options)
      : count_(read_num_train_timesteps(options)),
        shift_(options.get("shift", 1.0)),
        dynamic_shifting_(options.get("use_dynamic_shifting", false)),
        shifts_exponentially_(read_shifts_exponentially(options)),
        terminal_(options.get_optional<double>("shift_terminal")),
        inverted_(options.get("invert_sigmas", false)),
        stochastic_(options.get("stochastic_sampling", false)),
        curve_(read_sigma_curve(options)),
        ends_(read_sigma_ends(options)) {
    if (!(shift_ > 0.0)) throw options.fail(concat("shift ", shift_, " must be above 0"));
    if (terminal_ && !(*terminal_ < 1.0))
      throw options.fail(concat("shift_terminal ", *terminal_, " must be below 1"));
    std::vector<float> sigmas;
    for (int64_t t = count_; t >= 1; --t)
      sigmas.push_back(static_cast<float>(t) / static_cast<float>(count_));
    if (!dynamic_shifting_)
      for (float& sigma : sigmas) sigma = shifted(sigma, static_cast<float>(shift_));
    sigma_max_ = sigmas.front();
    sigma_min_ = sigmas.back();
    set_levels(timesteps_of(sigmas), at::kFloat, sigmas);
  }

  /// Steps, timesteps, sigmas, or lists of the same length of both; sigmas are shifted, timesteps then kept
  /// as given.
  void set_timesteps(const timestep_request& request) override {
    ZT_CHECK(!dynamic_shifting_ || request.mu, usage, "use_dynamic_shifting needs mu");
    const int64_t steps = steps_of(request);
    std::vector<float> sigmas;
    if (request.timesteps.empty() && request.sigmas.empty()) {
      // From the ends of the (already shifted) training levels, and shifted again, as the original does.
      const auto count = static_cast<double>(count_);
      std::vector<double> even = linspace(sigma_max_ * count, sigma_min_ * count, steps);
      for (double& sigma : even) sigma /= count;
      sigmas = shaped(std::move(even), request.mu);
    } else {
      sigmas.assign(request.sigmas.begin(), request.sigmas.end());
      if (sigmas.empty())
        for (const double timestep : request.timesteps)
          sigmas.push_back(static_cast<float>(timestep) / static_cast<float>(count_));
      sigmas = shaped(std::move(sigmas), request.mu);
    }
    std::vector<double> timesteps = request.timesteps.empty() ? timesteps_of(sigmas) : request.timesteps;
    if (inverted_) {
      for (float& sigma : sigmas) sigma = 1.0f - sigma;
      timesteps = timesteps_of(sigmas);
    }
    sigmas.push_back(inverted_ ? 1.0f : 0.0f);
    set_levels(timesteps, at::kFloat, std::move(sigmas));
  }

  step_output step(const step_input& input) override {
    const int64_t index = cursor().at(input.timestep);
    const float level = sigma(index), next = sigma(index + 1);
    const at::Tensor sample = input.sample.to(at::kFloat);
    at::Tensor previous, original;
    if (stochastic_) {
      original = sample - level * input.model_output;
      previous = (1.0f - next) * original + next * draw(input, sample, at::kFloat);
    } else {
      previous = sample + (next - level) * input.model_output;
    }
    cursor().advance();
    return {previous.to(input.model_output.scalar_type()), original};
  }

 private:
  signal_noise mixture(float sigma) const override { return {1.0f - sigma, sigma}; }

  static int64_t steps_of(const timestep_request& request) {
    if (request.timesteps.empty() || request.sigmas.empty()) {
      const auto listed = static_cast<int64_t>(request.timesteps.size() + request.sigmas.size());
      ZT_CHECK(listed == 0 || request.steps.value_or(listed) == listed, usage, listed, " levels for ",
               request.steps.value_or(0), " steps");
      timestep_request alone = request;
      if (listed > 0) alone.steps.reset();
      return checked_steps(alone, {.timesteps = true, .sigmas = true});
    }
    ZT_CHECK(request.timesteps.size() == request.sigmas.size(), usage, request.timesteps.size(),
             " timesteps for ", request.sigmas.size(), " sigmas");
    return static_cast<int64_t>(request.sigmas.size());
  }

  // Shift, stretch, curve, in the precision of the levels.
  template <class Real>
  std::vector<float> shaped(std::vector<Real> sigmas, std::optional<double> mu) const {
    if (dynamic_shifting_) {
      shift_in_time(sigmas, *mu, shifts_exponentially_);
    } else {
      for (Real& sigma : sigmas) sigma = shifted(sigma, static_cast<Real>(shift_));
    }
    if (terminal_.value_or(0.0) != 0.0) stretch_to_terminal(sigmas, *terminal_);
    if (curve_ == sigma_curve::of_timesteps) return {sigmas.begin(), sigmas.end()};
    const std::vector<double> curved =
        sigmas_on_curve(curve_, ends_.max.value_or(sigmas.front()), ends_.min.value_or(sigmas.back()),
                        static_cast<int64_t>(sigmas.size()));
    return {curved.begin(), curved.end()};
  }

  std::vector<double> timesteps_of(const std::vector<float>& sigmas) const {
    std::vector<double> timesteps;
    for (const float sigma : sigmas) timesteps.push_back(sigma * static_cast<float>(count_));
    return timesteps;
  }

  int64_t count_;
  double shift_;
  bool dynamic_shifting_, shifts_exponentially_;
  std::optional<double> terminal_;
  bool inverted_, stochastic_;
  sigma_curve curve_;
  sigma_ends ends_;
  double sigma_min_, sigma_max_;
};

}  // namespace

std::unique_ptr<scheduler> make_flow_match_euler(const config& options) {
  return std::make_unique<flow_match_euler>(options);
}

}  // namespace zoetrope
