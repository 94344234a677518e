// What the samplers share that are written in alpha_bar of whole training timesteps (DDPM, DDIM, PNDM, LCM,
// TCD): int64 timesteps, the forward process and the velocity by table.
#pragma once

#include "schedulers/indexed_scheduler.hpp"
#include "schedulers/noise_schedule.hpp"

namespace zoetrope {

class alpha_bar_scheduler : public scheduler {
 public:
  const at::Tensor& timesteps() const override { return timesteps_; }
  at::Tensor add_noise(const at::Tensor& original, const at::Tensor& noise,
                       const at::Tensor& timesteps) override;
  at::Tensor velocity(const at::Tensor& sample, const at::Tensor& noise,
                      const at::Tensor& timesteps) override;
  at::Tensor alphas_cumprod() const override;

 protected:
  /// Starts with all training timesteps, falling. `final_alpha_bar` stands for timesteps below 0.
  explicit alpha_bar_scheduler(noise_schedule schedule, float final_alpha_bar = 1.0f);
  virtual void set_list(const std::vector<double>& timesteps);

  const noise_schedule& schedule() const { return schedule_; }
  int64_t num_train_timesteps() const { return schedule_.num_train_timesteps; }
  /// alpha_bar at t; for t < 0 (behind the last step) the final one.
  float alpha_bar(int64_t timestep) const;

 private:
  noise_schedule schedule_;
  float final_alpha_bar_;
  at::Tensor timesteps_;
};

/// set_alpha_to_one: 1, or alpha_bar_0 where it is false.
float read_final_alpha_bar(const config& options, const noise_schedule& schedule, bool to_one_by_default);
/// Custom timesteps of a sampler over whole training timesteps: falling, in [0, num_train). error{usage}
/// otherwise.
void check_whole_timesteps(const std::vector<double>& timesteps, int64_t num_train);
/// The timestep of a step as an integer; error{usage} if it is none.
int64_t whole_timestep(double timestep);

}  // namespace zoetrope
