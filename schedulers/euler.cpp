// Euler: Karras, Aittala, Aila, Laine 2022, "Elucidating the Design Space of Diffusion-Based Generative
// Models" (arXiv 2206.00364), algorithm 2 without its second-order correction.
//   sigma        t_i of the paper          gamma   gamma_i, s_churn / steps within [s_tmin, s_tmax]
//   sigma_hat    \hat t_i                  s_noise S_noise
#include <ATen/ATen.h>

#include <algorithm>

#include "schedulers/choice.hpp"
#include "schedulers/churn.hpp"
#include "schedulers/float32_math.hpp"
#include "schedulers/makers.hpp"
#include "schedulers/sigma_scheduler.hpp"

namespace zoetrope {
namespace {

// The original also takes "original_sample" for "sample".
config with_sample_renamed(const config& options) {
  if (!options.has("prediction_type") || options.at("prediction_type").value() != "original_sample")
    return options;
  json tree = options.value();
  tree["prediction_type"] = "sample";
  return config(std::move(tree), options.source());
}

class euler : public sigma_scheduler {
 public:
  explicit euler(const config& options)
      : sigma_scheduler(with_sample_renamed(options), {.can_rescale = true, .keep_last_sigma_finite = true},
                        {prediction::epsilon, prediction::sample, prediction::v}),
        log_linear_(read_choice(options, "interpolation_type", "linear", {"linear", "log_linear"}) ==
                    "log_linear"),
        ends_at_sigma_min_(read_ends_at_sigma_min(options)) {
    const bool continuous =
        read_choice(options, "timestep_type", "discrete", {"discrete", "continuous"}) == "continuous";
    log_sigma_timesteps_ = continuous && predicts() == prediction::v;
    std::vector<double> all(training_sigmas().rbegin(), training_sigmas().rend());
    finish({rounded(spaced_timesteps({timestep_spacing::linspace, 0}, num_train_timesteps(),
                                     num_train_timesteps())),
            all},
           0.0);
  }

  void set_timesteps(const timestep_request& request) override {
    const int64_t steps =
        checked_steps(request, {.timesteps = true, .sigmas = true, .most = num_train_timesteps()});
    expect_no_curve(request);
    ZT_CHECK(request.timesteps.empty() || !log_sigma_timesteps_, usage,
             "custom timesteps and timestep_type continuous with v_prediction exclude each other");
    if (!request.sigmas.empty()) return set_sigmas(request.sigmas);
    finish(log_linear_ ? log_linear_levels(steps, request.timesteps) : levels_for(steps, request.timesteps),
           ends_at_sigma_min_ ? training_sigmas().front() : 0.0);
  }

  at::Tensor velocity(const at::Tensor& sample, const at::Tensor& noise,
                      const at::Tensor& timesteps) override {
    // The original looks alpha_bar up at the step's number instead of at its timestep; so do we.
    std::vector<float> signal, amount;
    for (const double timestep : as_doubles(timesteps)) {
      const signal_noise level = variance_preserving(schedule().alpha_bar(cursor().index_of(timestep)));
      signal.push_back(level.alpha);
      amount.push_back(level.sigma);
    }
    return row_factors(signal, sample) * noise - row_factors(amount, sample) * sample;
  }

  step_output step(const step_input& input) override {
    const int64_t index = cursor().at(input.timestep);
    const float level = sigma(index);
    at::Tensor sample = input.sample.to(at::kFloat);
    // algorithm 2, lines 4-6
    const float sigma_hat = churned(input, level, static_cast<int64_t>(levels().size()) - 1, sample);
    // line 7; the v-prediction keeps the level before churn, as in the original
    const at::Tensor denoised = original(input, sample, predicts() == prediction::v ? level : sigma_hat);
    const at::Tensor derivative = (sample - denoised) / sigma_hat;
    // line 8
    const at::Tensor previous = sample + derivative * (sigma(index + 1) - sigma_hat);
    cursor().advance();
    return {previous.to(input.model_output.scalar_type()), denoised};
  }

  std::optional<linear_step> take_linear_step(double timestep, const step_options& options) override {
    if (options.s_churn > 0.0 || options.draw_always) return std::nullopt;
    const int64_t index = cursor().at(timestep);
    cursor().advance();
    return along_derivative(sigma(index), sigma(index + 1) - sigma(index));
  }

 private:
  // sigma straight in its logarithm over all training levels, one more than there are timesteps.
  visited_levels log_linear_levels(int64_t steps, const std::vector<double>& timesteps) const {
    visited_levels levels{timesteps_for(steps, timesteps), {}};
    for (const float log_sigma :
         linspace_f32(timestep_of().log_sigmas().back(), timestep_of().log_sigmas().front(), steps + 1))
      levels.sigmas.push_back(torch_exp(log_sigma));
    return on_curve(std::move(levels), steps);
  }

  // The caller's sigmas, the last (usually 0) included.
  void set_sigmas(const std::vector<double>& sigmas) {
    ZT_CHECK(sigmas.size() >= 2, usage, "custom sigmas include the last; got only one");
    visited_levels levels;
    for (std::size_t i = 0; i + 1 < sigmas.size(); ++i) {
      levels.sigmas.push_back(sigmas[i]);
      levels.timesteps.push_back(timestep_of()(static_cast<float>(sigmas[i])));
    }
    finish(levels, sigmas.back());
  }

  void finish(const visited_levels& levels, double last) {
    std::vector<float> sigmas = with_last(levels.sigmas, last);
    if (!log_sigma_timesteps_) return set_levels(levels.timesteps, at::kFloat, std::move(sigmas));
    std::vector<double> timesteps;  // c_noise of EDM
    for (std::size_t i = 0; i + 1 < sigmas.size(); ++i) timesteps.push_back(0.25f * torch_log(sigmas[i]));
    set_levels(timesteps, at::kFloat, std::move(sigmas));
  }

  bool log_linear_, ends_at_sigma_min_, log_sigma_timesteps_ = false;
};

}  // namespace

std::unique_ptr<scheduler> make_euler(const config& options) { return std::make_unique<euler>(options); }

}  // namespace zoetrope
