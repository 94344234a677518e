// EDM Euler: Karras, Aittala, Aila, Laine 2022 (arXiv 2206.00364): algorithm 2 without its second-order
// correction, for networks with EDM's preconditioning (section 5, table 1).
//   c_in, c_skip, c_out, c_noise   preconditioning of input, skip path, output and timestep (eq. 7)
//   sigma_data                     standard deviation of the data
#include <ATen/ATen.h>

#include <algorithm>
#include <cmath>

#include "schedulers/choice.hpp"
#include "schedulers/churn.hpp"
#include "schedulers/float32_math.hpp"
#include "schedulers/indexed_scheduler.hpp"
#include "schedulers/makers.hpp"
#include "schedulers/noise_schedule.hpp"
#include "schedulers/sigma_schedule.hpp"
#include "schedulers/timestep_spacing.hpp"

namespace zoetrope {
namespace {

class edm_euler : public indexed_scheduler {
 public:
  explicit edm_euler(const config& options)
      : sigma_min_(options.get("sigma_min", 0.002)),
        sigma_max_(options.get("sigma_max", 80.0)),
        sigma_data_(static_cast<float>(options.get("sigma_data", 0.5))),
        rho_(options.get("rho", 7.0)),
        exponential_(read_choice(options, "sigma_schedule", "karras", {"karras", "exponential"}) ==
                     "exponential"),
        ends_at_sigma_min_(read_ends_at_sigma_min(options)),
        prediction_(read_prediction(options, {prediction::epsilon, prediction::v})) {
    if (!(sigma_min_ > 0.0 && sigma_max_ > 0.0 && rho_ > 0.0))
      throw options.fail("sigma_min, sigma_max and rho must be above 0");
    const auto count = static_cast<double>(read_num_train_timesteps(options));
    set_ramp(linspace(0.0, 1.0, static_cast<int64_t>(count) + 1));
  }

  /// Custom sigmas are positions on the ramp from sigma_max (0) to sigma_min (1), as in the original.
  void set_timesteps(const timestep_request& request) override {
    const int64_t steps = checked_steps(request, {.sigmas = true});
    set_ramp(request.sigmas.empty() ? linspace(0.0, 1.0, steps) : request.sigmas);
  }

  double init_noise_sigma() const override { return std::sqrt(sigma_max_ * sigma_max_ + 1.0); }

  at::Tensor scale_model_input(const at::Tensor& sample, double timestep) override {
    const float level = sigma(cursor().at(timestep));
    return sample * (1.0f / torch_sqrt(level * level + sigma_data_ * sigma_data_));  // c_in
  }

  step_output step(const step_input& input) override {
    const int64_t index = cursor().at(input.timestep);
    at::Tensor sample = input.sample.to(at::kFloat);
    // algorithm 2, lines 4-6
    const float sigma_hat = churned(input, sigma(index), static_cast<int64_t>(levels().size()) - 1, sample);
    // eq. 7
    const float variance = sigma_hat * sigma_hat + sigma_data_ * sigma_data_;
    const float c_skip = sigma_data_ * sigma_data_ / variance;
    const float c_out = sigma_hat * sigma_data_ / torch_sqrt(variance);
    const at::Tensor denoised =
        c_skip * sample + (prediction_ == prediction::v ? -c_out : c_out) * input.model_output;
    // lines 7-8
    const at::Tensor previous = sample + (sample - denoised) / sigma_hat * (sigma(index + 1) - sigma_hat);
    cursor().advance();
    return {previous.to(input.model_output.scalar_type()), denoised};
  }

 private:
  signal_noise mixture(float sigma) const override { return {1.0f, sigma}; }

  void set_ramp(const std::vector<double>& ramp) {
    std::vector<double> sigmas;
    if (exponential_) {  // only the ramp's length counts
      const std::vector<float> logs = linspace_f32(std::log(sigma_min_), std::log(sigma_max_), ramp.size());
      for (auto log = logs.rbegin(); log != logs.rend(); ++log) sigmas.push_back(torch_exp(*log));
    } else {
      sigmas = karras_sigmas(sigma_max_, sigma_min_, ramp, rho_);
    }
    std::vector<double> timesteps;  // c_noise
    for (const double sigma : sigmas) timesteps.push_back(0.25f * torch_log(static_cast<float>(sigma)));
    set_levels(timesteps, at::kFloat, with_last(sigmas, ends_at_sigma_min_ ? sigmas.back() : 0.0));
  }

  double sigma_min_, sigma_max_;
  float sigma_data_;
  double rho_;
  bool exponential_, ends_at_sigma_min_;
  prediction prediction_;
};

}  // namespace

std::unique_ptr<scheduler> make_edm_euler(const config& options) {
  return std::make_unique<edm_euler>(options);
}

}  // namespace zoetrope
