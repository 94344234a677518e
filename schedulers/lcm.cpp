// LCM: Luo, Tan, Huang, Li, Zhao 2023, "Latent Consistency Models" (arXiv 2310.04378).
//   denoised        f_theta(x_t, t) = c_skip(t) x_t + c_out(t) \hat x_0    (eq. 9)
//   c_skip, c_out   boundary conditions f(x, 0) = x, from the scaled timestep (appendix D)
//   sigma_data      0.5
#include <ATen/ATen.h>

#include "schedulers/consistency_scheduler.hpp"
#include "schedulers/float32_math.hpp"
#include "schedulers/makers.hpp"

namespace zoetrope {
namespace {

class lcm : public consistency_scheduler {
 public:
  lcm(const config& options, const noise_schedule& schedule)
      : consistency_scheduler(options, schedule),
        prediction_(read_prediction(options, {prediction::epsilon, prediction::sample, prediction::v})),
        bounds_(read_thresholding(options)),
        timestep_scaling_(static_cast<float>(options.get("timestep_scaling", 10.0))) {
    read_clipping(options, false, bounds_);
  }

  void set_timesteps(const timestep_request& request) override {
    const int64_t original = request.original_inference_steps.value_or(original_steps());
    const auto choices = distillation_timesteps(original, request.strength, num_train_timesteps());
    set_list(consistency_timesteps(request, choices, num_train_timesteps()));
  }

  step_output step(const step_input& input) override {
    ZT_CHECK(cursor().size() > 0, usage, "set_timesteps comes before step");
    const int64_t index = cursor().at(input.timestep), t = whole_timestep(input.timestep);
    const signal_noise level = variance_preserving(alpha_bar(t));
    const at::Tensor original =
        bounds_(predicted_original(prediction_, input.model_output, input.sample, level));

    // eq. 9, appendix D
    constexpr float sigma_data = 0.5f;
    const float scaled = static_cast<float>(t) * timestep_scaling_;
    const float norm = scaled * scaled + sigma_data * sigma_data;
    const at::Tensor denoised =
        scaled / torch_sqrt(norm) * original + sigma_data * sigma_data / norm * input.sample;

    at::Tensor previous = denoised;
    if (index + 1 < cursor().size()) {  // multistep sampling: back to the next level (algorithm 2)
      const auto next = static_cast<int64_t>(cursor().timestep(index + 1));
      const signal_noise target = variance_preserving(alpha_bar(next));
      previous =
          target.alpha * denoised + target.sigma * draw(input, input.model_output, denoised.scalar_type());
    }
    cursor().advance();
    return {previous, denoised};
  }

 private:
  prediction prediction_;
  sample_bounds bounds_;
  float timestep_scaling_;
};

}  // namespace

std::unique_ptr<scheduler> make_lcm(const config& options) {
  return std::make_unique<lcm>(options, read_noise_schedule(options, {.beta_start = 0.00085,
                                                                      .beta_end = 0.012,
                                                                      .beta_schedule = "scaled_linear",
                                                                      .can_rescale = true}));
}

}  // namespace zoetrope
