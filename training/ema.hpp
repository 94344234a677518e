// A moving average of the trained parameters (Polyak and Juditsky 1992), which samples better than the last
// step:   average <- average + (1 - decay) (parameter - average)
// With n = steps - update_after_step - 1, the decay of a step is 0 for n <= 0 (the average is the parameter),
// else (1 + n) / (10 + n), or with use_ema_warmup 1 - (1 + n / inv_gamma)^-power; never above `decay` nor
// below `min_decay`. Names and formulas are those of diffusers' EMAModel.
#pragma once

#include "core/config.hpp"
#include "core/tensor/weights.hpp"
#include "training/trained_parameter.hpp"

namespace zoetrope {

struct moving_average_options {
  double decay = 0.9999, min_decay = 0;
  int64_t update_after_step = 0;
  bool use_ema_warmup = false;
  double inv_gamma = 1, power = 2.0 / 3;
};
/// error{bad_input} for a decay outside [0, 1] or an inv_gamma of 0 or less.
moving_average_options read_moving_average_options(const config& options);
/// The decay of step number `step`, counted from 1.
double decay_at(const moving_average_options& options, int64_t step);

class moving_average {
 public:
  /// Begins as the parameters are now.
  moving_average(const moving_average_options& options, trained_parameters parameters);

  /// After each step of the optimizer.
  void update();
  /// Exchanges the values of parameters and averages, in place.
  void swap();

  /// "<parameter>" and, i64 without dimensions, "/step".
  tensor_map state() const;
  /// error{bad_input} names a tensor that is missing or has another shape, and then nothing has changed.
  void load(const tensor_map& state);

 private:
  moving_average_options options_;
  std::vector<std::string> names_;
  std::vector<at::Tensor> parameters_, averages_;
  int64_t steps_ = 0;
};

/// While it lives, the parameters have the averaged values: for validation and for saving a model.
class averaged_weights {
 public:
  explicit averaged_weights(moving_average& average) : average_(average) { average_.swap(); }
  ~averaged_weights() { average_.swap(); }
  averaged_weights(const averaged_weights&) = delete;
  averaged_weights& operator=(const averaged_weights&) = delete;

 private:
  moving_average& average_;
};

}  // namespace zoetrope
