// Heun: Karras et al. 2022 (arXiv 2206.00364), algorithm 1: an Euler step to sigma_next, then the same step
// again with the mean of both ends' derivatives. Two calls a level, one for the last.
//   derivative_   d_i (line 4)     step_size_   t_{i+1} - t_i     anchor_   x_i
#include <ATen/ATen.h>

#include "schedulers/makers.hpp"
#include "schedulers/sigma_scheduler.hpp"

namespace zoetrope {
namespace {

class heun : public sigma_scheduler {
 public:
  explicit heun(const config& options)
      : sigma_scheduler(options, {.beta_start = 0.00085, .beta_end = 0.012, .more_schedules = {"exp"}},
                        {prediction::epsilon, prediction::sample, prediction::v}) {
    read_clipping(options, false, bounds_);
    set_timesteps({.steps = num_train_timesteps()});
  }
  int order() const override { return 2; }

  void set_timesteps(const timestep_request& request) override {
    const int64_t steps = checked_steps(request, {.timesteps = true, .most = num_train_timesteps()});
    expect_no_curve(request);
    const visited_levels levels = levels_for(steps, request.timesteps);
    set_levels(doubled_after_first(levels.timesteps, false), at::kFloat,
               doubled_after_first(with_last(levels.sigmas, 0.0), true));
    derivative_.reset();
    anchor_.reset();
  }

  step_output step(const step_input& input) override {
    const int64_t index = cursor().at(input.timestep);
    const bool first_call = !derivative_.defined();
    const float level = sigma(index);  // of this call's input
    const at::Tensor denoised = bounds_(original(input, input.sample, level));
    const at::Tensor derivative = (input.sample - denoised) / level;
    at::Tensor previous;
    if (first_call) {  // lines 4-5
      step_size_ = sigma(index + 1) - level;
      derivative_ = derivative;
      anchor_ = input.sample;
      previous = input.sample + derivative * step_size_;
    } else {  // lines 7-8
      previous = anchor_ + (derivative_ + derivative) / 2 * step_size_;
      derivative_.reset();
      anchor_.reset();
    }
    cursor().advance();
    return {previous, denoised};
  }

 private:
  sample_bounds bounds_;
  at::Tensor derivative_, anchor_;
  float step_size_ = 0.0f;
};

}  // namespace

std::unique_ptr<scheduler> make_heun(const config& options) { return std::make_unique<heun>(options); }

}  // namespace zoetrope
