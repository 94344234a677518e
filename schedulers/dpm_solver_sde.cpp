// DPM-Solver SDE: k-diffusion's sample_dpmpp_sde (Katherine Crowson): DPM-Solver++ 2S (Lu et al. 2022, arXiv
// 2211.01095) with an ancestral step in each half. Two calls a level, one for the last.
//   t                 -log sigma
//   middle            sigma at the mean of both ends' t, where the second call is made
//   up, down          ancestral_step.hpp
// The original draws from a Brownian tree (noise_sampler_seed); here noise comes from the step's noise
// source.
#include <ATen/ATen.h>

#include <algorithm>
#include <cmath>

#include "schedulers/ancestral_step.hpp"
#include "schedulers/makers.hpp"
#include "schedulers/sigma_scheduler.hpp"

namespace zoetrope {
namespace {

class dpm_solver_sde : public sigma_scheduler {
 public:
  explicit dpm_solver_sde(const config& options)
      : sigma_scheduler(options, {.beta_start = 0.00085, .beta_end = 0.012},
                        {prediction::epsilon, prediction::v}) {
    ignore_ends_for_karras();
    keep_double_timesteps();
    set_timesteps({.steps = num_train_timesteps()});
  }
  int order() const override { return 2; }

  void set_timesteps(const timestep_request& request) override {
    const visited_levels levels = levels_for(checked_steps(request, {.most = num_train_timesteps()}));
    std::vector<double> timesteps = doubled_after_first(levels.timesteps, false);
    for (std::size_t i = 0; i + 1 < levels.sigmas.size(); ++i)
      timesteps[2 * i + 1] = timestep_of()(middle_of(levels.sigmas[i], levels.sigmas[i + 1]));
    set_levels(timesteps, at::kDouble, doubled_after_first(with_last(levels.sigmas, 0.0), true));
    anchor_.reset();
  }

  step_output step(const step_input& input) override {
    const int64_t index = cursor().at(input.timestep);
    const float from = sigma(index - !first_call()), next = sigma(index + first_call());
    const at::Tensor denoised = original(input, input.sample, input_sigma(index));
    at::Tensor previous;
    if (next == 0.0f) {
      previous = input.sample + (input.sample - denoised) / from * (next - from);
    } else if (first_call()) {
      previous = half_step(input, input.sample, denoised, from, middle_of(from, next));
      anchor_ = input.sample;
    } else {
      previous = half_step(input, anchor_, denoised, from, next);
      anchor_.reset();
    }
    cursor().advance();
    return {previous, denoised};
  }

 private:
  template <class Real>
  static Real middle_of(Real from, Real to) {
    const Real t = -std::log(from), t_next = -std::log(to);
    return std::exp(-(t + (t_next - t) * Real(0.5)));
  }

  bool first_call() const { return !anchor_.defined(); }
  float input_sigma(int64_t index) const override {
    return first_call() ? sigma(index) : middle_of(sigma(index - 1), sigma(index));
  }

  // x -> sigma_down/sigma x - (sigma_down/sigma - 1) x_0 (DPM-Solver++, eq. 8), then noise up to `to`
  static at::Tensor half_step(const step_input& input, const at::Tensor& sample, const at::Tensor& denoised,
                              float from, float to) {
    const auto [up, down] = ancestral(from, to);
    const float h = torch_log(down) - torch_log(from);
    return down / from * sample - torch_expm1(h) * denoised +
           draw(input, sample, sample.scalar_type()) * input.options.s_noise * up;
  }

  at::Tensor anchor_;  // the sample at the start of the step in progress
};

}  // namespace

std::unique_ptr<scheduler> make_dpm_solver_sde(const config& options) {
  return std::make_unique<dpm_solver_sde>(options);
}

}  // namespace zoetrope
