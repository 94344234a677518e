// DPM-Solver singlestep: Lu et al. 2022 (arXiv 2206.00927, algorithms 1 and 2; arXiv 2211.01095 for the ++
// forms): blocks of one to three calls, each of which starts from the block's first sample.
//   s            the block's first level;  t  the next one
//   h            lambda_t - lambda_s;  r1, r2  the middle and the newest level's share of it
//   D0, D1, D2   the prediction at s and its divided differences
#include <ATen/ATen.h>

#include <algorithm>

#include "schedulers/dpm_solver.hpp"
#include "schedulers/exponential_integrator.hpp"
#include "schedulers/makers.hpp"

namespace zoetrope {
namespace {

class dpm_solver_singlestep : public exponential_integrator {
 public:
  explicit dpm_solver_singlestep(const config& options)
      : exponential_integrator(options,
                               {.has_spacing = false, .splits_variance = true, .lower_order_final = false}),
        algorithm_(read_dpm_algorithm(options, {"dpmsolver", "dpmsolver++", "sde-dpmsolver++"})),
        heun_(read_solver_is_heun(options)),
        ends_at_sigma_min_(read_ends_at_sigma_min(options)),
        last_(first_clipped_timestep(options, schedule())) {
    check_dpm_options(options, algorithm_, ends_at_sigma_min_, predicts() == prediction::flow,
                      solver_order());
  }

  void set_timesteps(const timestep_request& request) override {
    const int64_t steps = checked_steps(request, {.timesteps = true, .most = num_train_timesteps()});
    const std::vector<double> custom = custom_timesteps(request);
    start(on_curve(custom.empty() ? timesteps_for(steps, last_) : custom, steps, flow_shift_for(request)),
          ends_at_sigma_min_ ? training_sigmas().front() : 0.0);
    set_orders(steps);
    anchor_.reset();
  }

  step_output step(const step_input& input) override {
    ZT_CHECK(!orders_.empty(), usage, "set_timesteps comes before step");
    const int64_t index = cursor().at(input.timestep);
    remember(algorithm_.predicts_original ? to_original(input, index) : to_epsilon(input, index));
    // A run that starts inside of a block has no block behind it.
    const int order = std::min(orders_[index], remembered());
    if (order == 1) anchor_ = input.sample;

    const level to = level_at(index + 1), s = level_at(index + 1 - order);
    const float h = to.lambda - s.lambda;
    const dpm_coefficients c = dpm_step(algorithm_, s.alpha, s.sigma, to.alpha, to.sigma, h);
    at::Tensor previous = c.sample * anchor_ + c.d0 * past(order - 1);
    if (order == 2) {
      const float r = (level_at(index).lambda - s.lambda) / h;
      previous = previous + (heun_ ? c.d1 : c.d1_midpoint) * (1.0f / r * (past(0) - past(1)));
    } else if (order == 3) {
      const float r1 = (level_at(index - 1).lambda - s.lambda) / h,
                  r2 = (level_at(index).lambda - s.lambda) / h;
      const at::Tensor to_middle = 1.0f / r1 * (past(1) - past(2)),
                       to_newest = 1.0f / r2 * (past(0) - past(2));
      if (heun_) {
        previous = previous + c.d1 * ((r2 * to_middle - r1 * to_newest) / (r2 - r1)) +
                   c.d2 * (2.0f * (to_newest - to_middle) / (r2 - r1));
      } else {
        previous = previous + c.d1 * to_newest;
      }
    }
    if (algorithm_.stochastic) previous = previous + c.noise * draw(input, past(0), past(0).scalar_type());
    cursor().advance();
    return {previous, algorithm_.predicts_original ? past(0) : at::Tensor()};
  }

 private:
  // 1 2 3, 1 2 3, … in blocks of solver_order. What is left over is a shorter block; with lower_order_final,
  // or where blocks do not come out even, or where the last level is 0, the run ends in first order.
  void set_orders(int64_t steps) {
    const int64_t block = solver_order();
    const bool lower = lower_order_final() || steps % block != 0 || !ends_at_sigma_min_;
    orders_.clear();
    for (int64_t i = 0; i < steps; ++i) orders_.push_back(static_cast<int>(i % block) + 1);
    if (lower && steps % block == 0) orders_.back() = 1;
    if (!ends_at_sigma_min_) orders_.back() = 1;
  }

  dpm_algorithm algorithm_;
  bool heun_, ends_at_sigma_min_;
  int64_t last_;  // the first timestep, counting up, that is clipped away
  std::vector<int> orders_;
  at::Tensor anchor_;  // the sample at the block's start
};

}  // namespace

std::unique_ptr<scheduler> make_dpm_solver_singlestep(const config& options) {
  return std::make_unique<dpm_solver_singlestep>(options);
}

}  // namespace zoetrope
