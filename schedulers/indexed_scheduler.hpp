// What all samplers that walk down a list of noise levels share: timesteps, sigmas (one more than timesteps),
// the step cursor, and the forward process x = alpha x_0 + sigma epsilon at a level of the list.
#pragma once

#include "schedulers/prediction.hpp"
#include "schedulers/scheduler.hpp"
#include "schedulers/step_cursor.hpp"

namespace zoetrope {

class indexed_scheduler : public scheduler {
 public:
  const at::Tensor& timesteps() const override { return timesteps_; }
  at::Tensor sigmas() const override;
  void set_begin_index(int64_t index) override { cursor_.begin_at(index); }
  at::Tensor add_noise(const at::Tensor& original, const at::Tensor& noise,
                       const at::Tensor& timesteps) override;

 protected:
  explicit indexed_scheduler(step_cursor::unknown unknown = step_cursor::unknown::is_an_error)
      : cursor_(unknown) {}

  /// Signal and noise of a state at `sigma` (as sigmas() has it).
  virtual signal_noise mixture(float sigma) const = 0;

  /// Starts over with these levels; the timesteps are rounded to `dtype`.
  void set_levels(const std::vector<double>& timesteps, at::ScalarType dtype, std::vector<float> sigmas);
  /// error{usage} behind the last.
  float sigma(int64_t index) const;
  float max_sigma() const;
  const std::vector<float>& levels() const { return sigmas_; }
  step_cursor& cursor() { return cursor_; }
  /// One index a row of add_noise.
  std::vector<int64_t> indices_of(const at::Tensor& timesteps) const;

 private:
  at::Tensor timesteps_;
  std::vector<float> sigmas_;
  step_cursor cursor_;
};

/// A timesteps() tensor.
at::Tensor timestep_tensor(const std::vector<double>& timesteps, at::ScalarType dtype);
std::vector<double> as_doubles(const at::Tensor& timesteps);
/// One value a row of `like`: [n] -> [n, 1, 1, …] with like's device and dtype.
at::Tensor row_factors(const std::vector<float>& values, const at::Tensor& like);
/// The next noise of a step, of like's shape and device.
at::Tensor draw(const step_input& input, const at::Tensor& like, at::ScalarType dtype);

/// Checks that a request has exactly one of steps, timesteps and sigmas, and only what the class knows;
/// returns the number of steps. error{usage} otherwise, or for a number outside of [1, most].
struct request_rules {
  bool timesteps = false, sigmas = false;
  int64_t most = 1'000'000;
};
int64_t checked_steps(const timestep_request& request, const request_rules& rules);

}  // namespace zoetrope
