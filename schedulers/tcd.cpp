// TCD: Zheng, Hu, Fan, Wang, Ding, Tao, Cham 2024, "Trajectory Consistency Distillation" (arXiv 2402.19159).
//   eta       gamma of strategic stochastic sampling (section 4.2): 0 deterministic, 1 as LCM
//   s         s = floor((1 - gamma) t'), where the consistency function lands
//   noised    x_s = f_theta(x_t, t, s)     (eq. 28)
#include <ATen/ATen.h>

#include <cmath>

#include "schedulers/consistency_scheduler.hpp"
#include "schedulers/float32_math.hpp"
#include "schedulers/makers.hpp"

namespace zoetrope {
namespace {

class tcd : public consistency_scheduler {
 public:
  tcd(const config& options, const noise_schedule& schedule)
      : consistency_scheduler(options, schedule),
        prediction_(read_prediction(options, {prediction::epsilon, prediction::sample, prediction::v})) {}

  void set_timesteps(const timestep_request& request) override {
    // A request's own number of original steps means every training timestep, and limits the steps.
    std::vector<double> choices;
    if (request.original_inference_steps) {
      const auto count = static_cast<int64_t>(static_cast<double>(num_train_timesteps()) * request.strength);
      ZT_CHECK(request.steps.value_or(1) <= *request.original_inference_steps, usage,
               request.steps.value_or(1), " steps are more than original_inference_steps ",
               *request.original_inference_steps);
      for (int64_t t = count - 1; t >= 0; --t) choices.push_back(static_cast<double>(t));
    } else {
      choices = distillation_timesteps(original_steps(), request.strength, num_train_timesteps());
    }
    set_list(consistency_timesteps(request, choices, num_train_timesteps()));
  }

  step_output step(const step_input& input) override {
    ZT_CHECK(cursor().size() > 0, usage, "set_timesteps comes before step");
    const double eta = input.options.tcd_eta.value_or(0.3);
    ZT_CHECK(eta >= 0.0 && eta <= 1.0, usage, "TCD's eta ", eta, " must lie in [0, 1]");
    const int64_t index = cursor().at(input.timestep), t = whole_timestep(input.timestep);
    const bool is_last = index + 1 == cursor().size();
    const int64_t next = is_last ? 0 : static_cast<int64_t>(cursor().timestep(index + 1));
    const auto s = static_cast<int64_t>(std::floor(static_cast<float>(1.0 - eta) * static_cast<float>(next)));

    const signal_noise level = variance_preserving(alpha_bar(t)), target = variance_preserving(alpha_bar(s));
    const at::Tensor original = predicted_original(prediction_, input.model_output, input.sample, level);
    const at::Tensor epsilon = predicted_epsilon(prediction_, input.model_output, input.sample, level);
    // eq. 28
    at::Tensor previous = target.alpha * original + target.sigma * epsilon;
    if (eta > 0.0 && !is_last) {  // eq. 30: from s up to the next level
      const float ratio = alpha_bar(next) / alpha_bar(s);
      previous = torch_sqrt(ratio) * previous +
                 torch_sqrt(1.0f - ratio) * draw(input, input.model_output, previous.scalar_type());
    }
    cursor().advance();
    return {previous, original};
  }

 private:
  prediction prediction_;
};

}  // namespace

std::unique_ptr<scheduler> make_tcd(const config& options) {
  return std::make_unique<tcd>(options, read_noise_schedule(options, {.beta_start = 0.00085,
                                                                      .beta_end = 0.012,
                                                                      .beta_schedule = "scaled_linear",
                                                                      .can_rescale = true}));
}

}  // namespace zoetrope
