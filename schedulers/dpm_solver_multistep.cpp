// DPM-Solver multistep: Lu, Zhou, Bao, Chen, Li, Zhu 2022, "DPM-Solver" (arXiv 2206.00927) and "DPM-Solver++"
// (arXiv 2211.01095, algorithm 2 for the second order, eq. 12).
//   s0, s1, s2   this level and the two before;  t  the next
//   h, h0, h1    steps in lambda: s0 -> t, s1 -> s0, s2 -> s1;  r0 = h0/h, r1 = h1/h
//   D0, D1, D2   the prediction at s0 and its first and second divided difference
#include <ATen/ATen.h>

#include <algorithm>
#include <cmath>

#include "schedulers/dpm_solver.hpp"
#include "schedulers/exponential_integrator.hpp"
#include "schedulers/makers.hpp"

namespace zoetrope {
namespace {

class dpm_solver_multistep : public exponential_integrator {
 public:
  explicit dpm_solver_multistep(const config& options)
      : exponential_integrator(options, {.can_rescale = true, .splits_variance = true}),
        algorithm_(
            read_dpm_algorithm(options, {"dpmsolver", "dpmsolver++", "sde-dpmsolver", "sde-dpmsolver++"})),
        heun_(read_solver_is_heun(options)),
        use_lu_lambdas_(options.get("use_lu_lambdas", false)),
        euler_at_final_(options.get("euler_at_final", false)),
        ends_at_sigma_min_(read_ends_at_sigma_min(options)),
        last_(first_clipped_timestep(options, schedule())) {
    check_dpm_options(options, algorithm_, ends_at_sigma_min_, predicts() == prediction::flow,
                      solver_order());
    if (solver_order() == 3 && algorithm_.stochastic && !algorithm_.predicts_original)
      throw options.fail("solver_order 3 has no formula for algorithm_type sde-dpmsolver");
  }

  void set_timesteps(const timestep_request& request) override {
    const int64_t steps = checked_steps(request, {.timesteps = true, .most = num_train_timesteps()});
    const std::vector<double> custom = custom_timesteps(request);
    ZT_CHECK(custom.empty() || !use_lu_lambdas_, usage,
             "custom timesteps and use_lu_lambdas exclude each other");
    const double shift = flow_shift_for(request);
    const bool karras = curve() == sigma_curve::karras,
               whole = schedule().beta_schedule != "squaredcos_cap_v2";
    visited_levels levels;
    if (karras) {
      levels = between_ends({training_sigmas().rbegin(), training_sigmas().rend()}, steps, whole);
    } else if (use_lu_lambdas_) {
      levels = lu_levels(steps, whole);
    } else {
      levels = on_curve(custom.empty() ? timesteps_for(steps, last_) : custom, steps, shift);
    }
    start(levels, ends_at_sigma_min_ ? training_sigmas().front() : 0.0);
  }

  step_output step(const step_input& input) override {
    const int64_t index = cursor().at(input.timestep);
    remember(algorithm_.predicts_original ? to_original(input, index) : to_epsilon(input, index));
    const level to = level_at(index + 1), s0 = level_at(index);
    const float h = to.lambda - s0.lambda;
    const dpm_coefficients c = dpm_step(algorithm_, s0.alpha, s0.sigma, to.alpha, to.sigma, h);

    at::Tensor previous = c.sample * input.sample.to(at::kFloat) + c.d0 * past(0);
    const int order = order_of(index);
    if (order >= 2) {
      const level s1 = level_at(index - 1);
      const float r0 = (s0.lambda - s1.lambda) / h;
      const at::Tensor slope = 1.0f / r0 * (past(0) - past(1));
      if (order == 2) {
        previous = previous + (heun_ ? c.d1 : c.d1_midpoint) * slope;
      } else {
        const float r1 = (s1.lambda - level_at(index - 2).lambda) / h;
        const at::Tensor change = slope - 1.0f / r1 * (past(1) - past(2));
        previous = previous + c.d1 * (slope + r0 / (r0 + r1) * change) + c.d2 * (1.0f / (r0 + r1) * change);
      }
    }
    if (algorithm_.stochastic) previous = previous + c.noise * draw(input, past(0), at::kFloat);
    cursor().advance();
    return {previous.to(past(0).scalar_type()), algorithm_.predicts_original ? past(0) : at::Tensor()};
  }

 private:
  int order_of(int64_t index) {
    if (is_last(index) && (euler_at_final_ || !ends_at_sigma_min_)) return 1;
    return multistep_order(index);
  }

  // Straight in log sigma from the largest to the smallest training level (Lu et al.'s recommended steps).
  visited_levels lu_levels(int64_t steps, bool whole) const {
    visited_levels levels;
    for (const double log_sigma :
         linspace(timestep_of().log_sigmas().back(), timestep_of().log_sigmas().front(), steps))
      levels.sigmas.push_back(std::exp(log_sigma));
    levels.timesteps = timestep_of()(levels.sigmas);
    if (whole) levels.timesteps = rounded(levels.timesteps);
    return levels;
  }

  dpm_algorithm algorithm_;
  bool heun_, use_lu_lambdas_, euler_at_final_, ends_at_sigma_min_;
  int64_t last_;  // the first timestep, counting up, that is clipped away
};

}  // namespace

std::unique_ptr<scheduler> make_dpm_solver_multistep(const config& options) {
  return std::make_unique<dpm_solver_multistep>(options);
}

}  // namespace zoetrope
