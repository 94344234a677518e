// An optimizer turns the gradients of its parameters into one step of their values. Its state is kept by
// parameter, under "<parameter>/<what>": a rank that owns some of the parameters makes an optimizer over
// those alone, and the states of all ranks laid side by side are the state of one optimizer over everything.
#pragma once

#include <memory>

#include "core/registry.hpp"
#include "core/tensor/weights.hpp"
#include "training/trained_parameter.hpp"

namespace zoetrope {

class optimizer {
 public:
  virtual ~optimizer() = default;

  /// One step by the gradients that stand in .grad(), which are left as they are. A parameter without one is
  /// left alone, its own count of steps too.
  void step(double learning_rate);

  /// The memory of all steps so far; for each parameter "<name>/step" (i64, no dimensions) and its moments.
  tensor_map state() const;
  /// Goes on from a state(). Tensors of other parameters are not looked at; error{bad_input} names one that
  /// is missing or has another shape or dtype, and then nothing has changed.
  void load(const tensor_map& state);

 protected:
  struct slot {
    trained_parameter parameter;
    tensor_map moments;
    int64_t steps = 0;
  };

  /// error{usage} unless each is contiguous f32 and all names differ.
  explicit optimizer(trained_parameters parameters);
  /// Updates these, whose gradients are contiguous f32 and whose steps already count this one.
  virtual void update(const std::vector<slot*>& ready, double learning_rate) = 0;

  std::vector<slot> slots_;
};

using optimizer_maker = std::unique_ptr<optimizer> (*)(const config&, trained_parameters);
/// The kinds of optimizer.
const registry<optimizer_maker>& optimizers();
/// The one that `type` names, adamw by default.
std::unique_ptr<optimizer> make_optimizer(const config& options, trained_parameters parameters);

}  // namespace zoetrope
