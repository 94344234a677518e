// Dynamic loss scaling for f16 (Micikevicius et al. 2018, arXiv 1710.03740, section 3.2), by the rules and
// defaults of PyTorch's GradScaler: the loss is multiplied by a scale so that small gradients do not vanish
// in f16; a step with an infinite or NaN gradient is not taken and lowers the scale, a long run of good steps
// raises it.
//
//   (scaler.scale() * loss).backward();
//   const bool finite = scaler.unscale(parameters);   // ranks: all of them
//   if (finite) optimizer.step(rate);
//   scaler.update(finite);
// Where PyTorch's goes on for ever, a scale that fell below `min_scale` is the end: not the scale is to blame then.
#pragma once

#include "core/config.hpp"
#include "training/trained_parameter.hpp"

namespace zoetrope {

struct loss_scaler_options {
  double init_scale = 65536, growth_factor = 2, backoff_factor = 0.5;
  int64_t growth_interval = 2000;
  double min_scale = 1e-4;
};
/// error{bad_input} for a scale of 0 or less, a growth of 1 or less, a backoff outside (0, 1).
loss_scaler_options read_loss_scaler_options(const config& options);

class loss_scaler {
 public:
  explicit loss_scaler(const loss_scaler_options& options = {})
      : options_(options), scale_(options.init_scale) {}

  double scale() const { return scale_; }
  /// Divides the gradients by the scale, in place; false where one is not finite.
  bool unscale(const trained_parameters& parameters) const;
  void update(bool finite);
  /// Whether the scale fell below the least that is permitted.
  bool is_exhausted() const { return scale_ < options_.min_scale; }
  int64_t skipped_steps() const { return skipped_steps_; }

  json state() const;
  /// error{bad_input} as config's.
  void load(const json& state);

 private:
  loss_scaler_options options_;
  double scale_;
  int64_t good_steps_ = 0;  ///< since the scale last changed
  int64_t skipped_steps_ = 0;
};

}  // namespace zoetrope
