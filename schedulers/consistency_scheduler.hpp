// The timesteps of consistency models (LCM, TCD): a subset, evenly spread, of the timesteps of distillation.
#pragma once

#include "schedulers/alpha_bar_scheduler.hpp"

namespace zoetrope {

/// What timesteps are chosen from: the distillation's k N / original - 1 for k = original … 1, falling.
/// The request's own number of original steps stands before the configured one.
std::vector<double> distillation_timesteps(int64_t original_steps, double strength, int64_t num_train);

/// The request's timesteps, or `steps` of `choices`. error{usage} for more steps than choices. A strength cuts
/// a list of timesteps at its start; the last of what is left ends the run without noise, where the originals
/// (diffusers 0.42) still count the uncut list and noise it again.
std::vector<double> consistency_timesteps(const timestep_request& request, const std::vector<double>& choices,
                                          int64_t num_train);

/// An alpha_bar_scheduler that counts its steps.
class consistency_scheduler : public alpha_bar_scheduler {
 public:
  consistency_scheduler(const config& options, const noise_schedule& schedule);
  void set_begin_index(int64_t index) override { cursor_.begin_at(index); }

 protected:
  void set_list(const std::vector<double>& timesteps) override;
  /// original_inference_steps of the config.
  int64_t original_steps() const { return original_steps_; }
  step_cursor& cursor() { return cursor_; }

 private:
  int64_t original_steps_;
  step_cursor cursor_;
};

}  // namespace zoetrope
