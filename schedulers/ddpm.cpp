// DDPM: Ho, Jain, Abbeel 2020, "Denoising Diffusion Probabilistic Models" (arXiv 2006.11239); learned
// variances: Nichol and Dhariwal 2021 (arXiv 2102.09672).
//   alpha_bar, alpha_bar_prev   \bar\alpha_t, \bar\alpha_{t'} of the next visited t' < t (1 behind the last)
//   current_beta                \beta_t = 1 - \bar\alpha_t / \bar\alpha_{t'}
//   original                    \hat x_0
#include <ATen/ATen.h>

#include <algorithm>
#include <cmath>

#include "schedulers/alpha_bar_scheduler.hpp"
#include "schedulers/choice.hpp"
#include "schedulers/float32_math.hpp"
#include "schedulers/makers.hpp"
#include "schedulers/timestep_spacing.hpp"

namespace zoetrope {
namespace {

class ddpm : public alpha_bar_scheduler {
 public:
  explicit ddpm(const config& options)
      : alpha_bar_scheduler(
            read_noise_schedule(options, {.more_schedules = {"laplace", "sigmoid"}, .can_rescale = true})),
        prediction_(read_prediction(options, {prediction::epsilon, prediction::sample, prediction::v})),
        // fixed_large_log is left out: it takes a logarithm for a variance and yields NaN in the original.
        variance_(read_choice(options, "variance_type", "fixed_small",
                              {"fixed_small", "fixed_small_log", "fixed_large", "learned", "learned_range"})),
        bounds_(read_thresholding(options)),
        spacing_(read_spacing(options, "leading")) {
    read_clipping(options, true, bounds_);
  }

  void set_timesteps(const timestep_request& request) override {
    const int64_t steps = checked_steps(request, {.timesteps = true, .most = num_train_timesteps()});
    check_whole_timesteps(request.timesteps, num_train_timesteps());
    set_list(request.timesteps.empty() ? rounded(spaced_timesteps(spacing_, steps, num_train_timesteps()))
                                       : request.timesteps);
    visited_ = as_doubles(timesteps());
  }

  step_output step(const step_input& input) override {
    const int64_t t = whole_timestep(input.timestep);
    at::Tensor output = input.model_output, learned;
    if ((variance_ == "learned" || variance_ == "learned_range")) {
      ZT_CHECK(output.size(1) == 2 * input.sample.size(1), usage, "variance_type ", variance_, " wants ",
               2 * input.sample.size(1), " output channels, got ", output.size(1));
      learned = output.narrow(1, input.sample.size(1), input.sample.size(1));
      output = output.narrow(1, 0, input.sample.size(1));
    }
    const float alpha_bar_t = alpha_bar(t), alpha_bar_prev = alpha_bar(next_after(t));
    const float beta_bar = 1.0f - alpha_bar_t, beta_bar_prev = 1.0f - alpha_bar_prev;
    const float current_alpha = alpha_bar_t / alpha_bar_prev, current_beta = 1.0f - current_alpha;

    // eq. 15
    const at::Tensor original =
        bounds_(predicted_original(prediction_, output, input.sample, variance_preserving(alpha_bar_t)));
    // eq. 7: the posterior's mean
    at::Tensor previous = torch_sqrt(alpha_bar_prev) * current_beta / beta_bar * original +
                          torch_sqrt(current_alpha) * beta_bar_prev / beta_bar * input.sample;
    if (t > 0) {
      const at::Tensor noise = draw(input, output, output.scalar_type());
      // eq. 7: \tilde\beta_t
      const float posterior = std::max(beta_bar_prev / beta_bar * current_beta, 1e-20f);
      previous = previous + deviation(posterior, current_beta, learned, noise);
    }
    return {previous, original};
  }

 private:
  // The next visited timestep, -1 behind the last.
  int64_t next_after(int64_t timestep) const {
    if (visited_.empty()) return timestep - 1;
    const auto found = std::find(visited_.begin(), visited_.end(), static_cast<double>(timestep));
    ZT_CHECK(found != visited_.end(), usage, "timestep ", timestep, " is not one of the scheduler's ",
             visited_.size());
    return found + 1 == visited_.end() ? -1 : static_cast<int64_t>(found[1]);
  }

  // The standard deviation times the noise.
  at::Tensor deviation(float posterior, float current_beta, const at::Tensor& learned,
                       const at::Tensor& noise) const {
    if (variance_ == "fixed_small_log") return torch_exp(0.5f * torch_log(posterior)) * noise;
    if (variance_ == "fixed_large") return torch_sqrt(current_beta) * noise;
    if (variance_ == "learned") return learned.sqrt() * noise;
    if (variance_ == "learned_range") {  // Nichol and Dhariwal, eq. 15
      const at::Tensor share = (learned + 1) / 2;
      return at::exp(0.5 * (share * torch_log(current_beta) + (1 - share) * torch_log(posterior))) * noise;
    }
    return torch_sqrt(posterior) * noise;
  }

  prediction prediction_;
  std::string variance_;
  sample_bounds bounds_;
  spacing_options spacing_;
  std::vector<double> visited_;
};

}  // namespace

std::unique_ptr<scheduler> make_ddpm(const config& options) { return std::make_unique<ddpm>(options); }

}  // namespace zoetrope
