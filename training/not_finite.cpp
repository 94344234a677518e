// See not_finite.hpp.
#include "training/not_finite.hpp"

#include <ATen/ATen.h>
#include <c10/core/GradMode.h>

#include "core/error.hpp"

namespace zoetrope {

namespace {

bool is_finite(const at::Tensor& tensor) {
  return !tensor.defined() || !tensor.is_floating_point() || at::isfinite(tensor).all().item<bool>();
}

// Remembers the first layer of all parts that returns a NaN or infinity, while it lives.
class layer_watch {
 public:
  explicit layer_watch(std::vector<trainable_part> parts) : parts_(std::move(parts)) {
    for (const trainable_part& each : parts_)
      each.part->set_tap([this, name = each.name](const std::string& path, const at::Tensor& output) {
        if (found_.empty() && !is_finite(output)) found_ = name + "." + path;
      });
  }
  ~layer_watch() {
    for (const trainable_part& each : parts_) each.part->set_tap({});
  }
  layer_watch(const layer_watch&) = delete;
  layer_watch& operator=(const layer_watch&) = delete;

  const std::string& found() const { return found_; }

 private:
  std::vector<trainable_part> parts_;
  std::string found_;
};

std::string holds_one(const std::string& name) { return name + " holds a NaN or infinity"; }

}  // namespace

std::string weight_not_finite(const std::string& name, const module& part) {
  for (const parameter_slot& slot : part.slots())
    if (!is_finite(*slot.tensor)) return holds_one(name + "." + slot.name);
  return "";
}

std::string reason_for_loss(const training_task& task, int64_t step, int64_t batch) {
  for (const trained_parameter& each : task.parameters())
    if (!is_finite(each.tensor)) return holds_one(each.name);
  for (const trainable_part& each : task.parts())
    if (const std::string weight = weight_not_finite(each.name, *each.part); !weight.empty()) return weight;
  const c10::NoGradGuard no_gradient;
  const layer_watch watch(task.parts());
  for (int64_t row = 0; row < batch && watch.found().empty(); ++row) task.loss({step, row, 1, batch});
  if (watch.found().empty()) return "computed again, no layer returns a NaN or infinity";
  return "the first layer that returns a NaN or infinity is " + watch.found();
}

}  // namespace zoetrope
