// See dpm_solver.hpp. Equation numbers: [1] arXiv 2206.00927, [2] arXiv 2211.01095.
#include "schedulers/dpm_solver.hpp"

#include <algorithm>
#include <limits>

#include "schedulers/choice.hpp"
#include "schedulers/float32_math.hpp"

namespace zoetrope {

dpm_algorithm read_dpm_algorithm(const config& options, const std::vector<std::string>& known) {
  std::vector<std::string> accepted = known;
  accepted.push_back("deis");
  const std::string name = read_choice(options, "algorithm_type", "dpmsolver++", accepted);
  return {name == "deis" || name.ends_with("++"), name.starts_with("sde-")};
}

bool read_solver_is_heun(const config& options) {
  return read_choice(options, "solver_type", "midpoint", {"midpoint", "heun", "logrho", "bh1", "bh2"}) ==
         "heun";
}

void check_dpm_options(const config& options, dpm_algorithm algorithm, bool ends_at_sigma_min,
                       bool predicts_flow, int solver_order) {
  if (solver_order > 3) throw options.fail(concat("solver_order ", solver_order, " is not 1, 2 or 3"));
  if (algorithm.predicts_original) return;
  if (!ends_at_sigma_min)
    throw options.fail(
        "algorithm_type dpmsolver and sde-dpmsolver need final_sigmas_type sigma_min: sigma 0 has no "
        "epsilon");
  if (predicts_flow) throw options.fail("prediction_type flow_prediction needs a ++ algorithm_type");
}

int64_t first_clipped_timestep(const config& options, const noise_schedule& schedule) {
  const auto limit = static_cast<float>(
      std::max(options.get("lambda_min_clipped", -std::numeric_limits<double>::infinity()), -1e38));
  if (limit <= -1e38f) return schedule.num_train_timesteps;
  const auto lambda = [](float alpha_bar) {
    return torch_log(torch_sqrt(alpha_bar)) - torch_log(torch_sqrt(1.0f - alpha_bar));
  };
  const auto clipped = std::count_if(schedule.alphas_cumprod.begin(), schedule.alphas_cumprod.end(),
                                     [&](float alpha_bar) { return lambda(alpha_bar) < limit; });
  if (clipped >= schedule.num_train_timesteps) throw options.fail("lambda_min_clipped leaves no timestep");
  return schedule.num_train_timesteps - clipped;
}

dpm_coefficients dpm_step(dpm_algorithm algorithm, float alpha_s, float sigma_s, float alpha_t, float sigma_t,
                          float h) {
  if (algorithm.predicts_original && !algorithm.stochastic) {  // [2] eq. 9, 12
    const float phi = torch_exp(-h) - 1.0f;
    return {sigma_t / sigma_s,
            -alpha_t * phi,
            -0.5f * alpha_t * phi,
            alpha_t * (phi / h + 1.0f),
            -alpha_t * ((phi + h) / (h * h) - 0.5f),
            0.0f};
  }
  if (algorithm.predicts_original) {  // [2] eq. 18
    const float phi = 1.0f - torch_exp(-2.0f * h);
    return {sigma_t / sigma_s * torch_exp(-h),
            alpha_t * phi,
            0.5f * alpha_t * phi,
            alpha_t * (phi / (-2.0f * h) + 1.0f),
            alpha_t * ((phi - 2.0f * h) / (4.0f * h * h) - 0.5f),
            sigma_t * torch_sqrt(phi)};
  }
  // [1] eq. 3.7, 4.1; [2] eq. 17 doubles the drift
  const float phi = torch_exp(h) - 1.0f, drift = algorithm.stochastic ? 2.0f : 1.0f;
  return {alpha_t / alpha_s,
          -drift * sigma_t * phi,
          -0.5f * drift * sigma_t * phi,
          -drift * sigma_t * (phi / h - 1.0f),
          -drift * sigma_t * ((phi - h) / (h * h) - 0.5f),
          algorithm.stochastic ? sigma_t * torch_sqrt(torch_exp(2.0f * h) - 1.0f) : 0.0f};
}

}  // namespace zoetrope
