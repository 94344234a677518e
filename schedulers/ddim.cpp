// DDIM: Song, Meng, Ermon 2021, "Denoising Diffusion Implicit Models" (arXiv 2010.02502).
//   alpha_bar, alpha_bar_prev   \alpha_t, \alpha_{t-1} of the paper (its alpha is the product)
//   original                    predicted x_0 (eq. 9)
//   deviation                   \sigma_t(eta) (eq. 16)
#include <ATen/ATen.h>

#include <cmath>

#include "schedulers/alpha_bar_scheduler.hpp"
#include "schedulers/float32_math.hpp"
#include "schedulers/makers.hpp"
#include "schedulers/timestep_spacing.hpp"

namespace zoetrope {
namespace {

class ddim : public alpha_bar_scheduler {
 public:
  ddim(const config& options, const noise_schedule& schedule)
      : alpha_bar_scheduler(schedule, read_final_alpha_bar(options, schedule, true)),
        prediction_(read_prediction(options, {prediction::epsilon, prediction::sample, prediction::v})),
        bounds_(read_thresholding(options)),
        spacing_(read_spacing(options, "leading")) {
    read_clipping(options, true, bounds_);
  }

  void set_timesteps(const timestep_request& request) override {
    steps_ = checked_steps(request, {.most = num_train_timesteps()});
    set_list(rounded(spaced_timesteps(spacing_, steps_, num_train_timesteps())));
  }

  step_output step(const step_input& input) override {
    ZT_CHECK(steps_ > 0, usage, "set_timesteps comes before step");
    const int64_t t = whole_timestep(input.timestep);
    const float alpha_bar_t = alpha_bar(t), alpha_bar_prev = alpha_bar(t - num_train_timesteps() / steps_);
    const signal_noise level = variance_preserving(alpha_bar_t);
    const at::Tensor& sample = input.sample;

    // eq. 9
    const at::Tensor original = bounds_(predicted_original(prediction_, input.model_output, sample, level));
    at::Tensor epsilon = predicted_epsilon(prediction_, input.model_output, sample, level);
    if (input.options.use_clipped_model_output) epsilon = (sample - level.alpha * original) / level.sigma;

    // eq. 16
    const float variance =
        (1.0f - alpha_bar_prev) / (1.0f - alpha_bar_t) * (1.0f - alpha_bar_t / alpha_bar_prev);
    const float deviation = static_cast<float>(input.options.eta) * torch_sqrt(variance);
    // eq. 12
    at::Tensor previous = torch_sqrt(alpha_bar_prev) * original +
                          torch_sqrt(1.0f - alpha_bar_prev - deviation * deviation) * epsilon;
    if (input.options.eta > 0.0)
      previous = previous + deviation * draw(input, input.model_output, input.model_output.scalar_type());
    return {previous, original};
  }

  std::optional<linear_step> take_linear_step(double timestep, const step_options& options) override {
    if (bounds_.threshold || bounds_.clip || options.use_clipped_model_output) return std::nullopt;
    ZT_CHECK(steps_ > 0, usage, "set_timesteps comes before step");
    const int64_t t = whole_timestep(timestep);
    const double alpha_bar_t = alpha_bar(t), alpha_bar_prev = alpha_bar(t - num_train_timesteps() / steps_);
    const double variance = (1 - alpha_bar_prev) / (1 - alpha_bar_t) * (1 - alpha_bar_t / alpha_bar_prev);
    const double deviation = options.eta * std::sqrt(variance);
    const double on_original = std::sqrt(alpha_bar_prev),
                 on_epsilon = std::sqrt(1 - alpha_bar_prev - deviation * deviation);
    const auto [original, epsilon] = linear_predictions(prediction_, alpha_bar_t);
    return linear_step{on_original * original.sample + on_epsilon * epsilon.sample,
                       on_original * original.output + on_epsilon * epsilon.output, deviation,
                       options.eta > 0.0};
  }

 private:
  prediction prediction_;
  sample_bounds bounds_;
  spacing_options spacing_;
  int64_t steps_ = 0;
};

}  // namespace

std::unique_ptr<scheduler> make_ddim(const config& options) {
  return std::make_unique<ddim>(options, read_noise_schedule(options, {.can_rescale = true}));
}

}  // namespace zoetrope
