// What KDPM2 and its ancestral form share: a step is two calls, at its start and at its middle, and the
// derivative of the middle carries the sample over the whole step. The last step, to sigma 0, is one call.
#pragma once

#include "schedulers/sigma_scheduler.hpp"

namespace zoetrope {

class midpoint_scheduler : public sigma_scheduler {
 public:
  int order() const override { return 2; }
  void set_timesteps(const timestep_request& request) override;
  step_output step(const step_input& input) override;

 protected:
  struct midpoint_step {
    float from, middle, to;
    float noise;  ///< standard deviation of what is drawn and added at the end
  };
  midpoint_scheduler(const config& options, bool draws);
  /// One entry for each sigma but the last.
  virtual std::vector<midpoint_step> plan(const std::vector<float>& sigmas) const = 0;
  float input_sigma(int64_t index) const override;

 private:
  bool first_call() const { return !anchor_.defined(); }

  bool draws_, rounds_timesteps_;
  std::vector<midpoint_step> steps_;
  at::Tensor anchor_;  // the sample at the start of the step in progress
};

/// exp of the mean of both logarithms, rounded as torch.lerp(log(from), log(to), 0.5) rounds.
float middle_in_log(float from, float to);

}  // namespace zoetrope
