// Euler ancestral: k-diffusion's sample_euler_ancestral (Katherine Crowson), the ancestral step of Song et
// al. 2021 (arXiv 2011.13456, appendix F) in sigma.
//   from, to   this level's sigma and the next
//   down, up   where the ODE step goes to, and the deviation of the noise added then (ancestral_step.hpp)
#include <ATen/ATen.h>

#include "schedulers/ancestral_step.hpp"
#include "schedulers/makers.hpp"
#include "schedulers/sigma_scheduler.hpp"

namespace zoetrope {
namespace {

class euler_ancestral : public sigma_scheduler {
 public:
  explicit euler_ancestral(const config& options)
      : sigma_scheduler(options, {.can_rescale = true, .keep_last_sigma_finite = true},
                        {prediction::epsilon, prediction::v}, /*has_curves=*/false) {
    set_levels(
        spaced_timesteps({timestep_spacing::linspace, 0}, num_train_timesteps(), num_train_timesteps()),
        at::kFloat, with_last({training_sigmas().rbegin(), training_sigmas().rend()}, 0.0));
  }

  void set_timesteps(const timestep_request& request) override {
    const int64_t steps = checked_steps(request, {.most = num_train_timesteps()});
    const std::vector<double> timesteps = timesteps_for(steps);
    set_levels(timesteps, at::kFloat, with_last(interpolated(training_sigmas(), timesteps), 0.0));
  }

  step_output step(const step_input& input) override {
    const int64_t index = cursor().at(input.timestep);
    const float from = sigma(index), to = sigma(index + 1);
    const at::Tensor sample = input.sample.to(at::kFloat);
    const at::Tensor denoised = original(input, sample, from);
    const auto [up, down] = ancestral(from, to);
    const at::Tensor derivative = (sample - denoised) / from;
    const at::Tensor noise = draw(input, input.model_output, input.model_output.scalar_type());
    const at::Tensor previous = sample + derivative * (down - from) + noise * up;
    cursor().advance();
    return {previous.to(input.model_output.scalar_type()), denoised};
  }

  std::optional<linear_step> take_linear_step(double timestep, const step_options&) override {
    const int64_t index = cursor().at(timestep);
    const float from = sigma(index);
    const auto [up, down] = ancestral(from, sigma(index + 1));
    cursor().advance();
    linear_step step = along_derivative(from, down - from);
    step.noise = up;
    step.draws = true;
    return step;
  }
};

}  // namespace

std::unique_ptr<scheduler> make_euler_ancestral(const config& options) {
  return std::make_unique<euler_ancestral>(options);
}

}  // namespace zoetrope
