// See module.hpp.
#include "core/tensor/module.hpp"

#include <ATen/ATen.h>

#include "core/error.hpp"

namespace zoetrope {

std::vector<parameter_slot> module::slots() const {
  std::vector<parameter_slot> all = own_;
  for (const auto& [name, child] : children_)
    for (parameter_slot slot : child->slots()) {
      slot.name = name + "." + slot.name;
      all.push_back(std::move(slot));
    }
  return all;
}

module* module::find_child(std::string_view path) const {
  for (const auto& [name, child] : children_) {
    if (path == name) return child;
    if (path.size() > name.size() && path.substr(0, name.size()) == name && path[name.size()] == '.')
      if (module* found = child->find_child(path.substr(name.size() + 1))) return found;
  }
  return nullptr;
}

int64_t module::parameter_count() const {
  int64_t total = 0;
  for (const parameter_slot& slot : slots())
    if (!slot.is_buffer) total += c10::multiply_integers(slot.shape);
  return total;
}

namespace {

at::Tensor drawn(const parameter_slot& slot, generator& random) {
  switch (slot.init.kind) {
    case initializer::law::zeros:
      return at::zeros(slot.shape);
    case initializer::law::ones:
      return at::ones(slot.shape);
    case initializer::law::uniform:
      return random.uniform(slot.shape, -slot.init.scale, slot.init.scale);
    case initializer::law::normal:
      return random.normal(slot.shape).mul_(slot.init.scale);
    case initializer::law::constant_table:
      return slot.init.table();
  }
  throw error(error_kind::runtime, "initializer: unknown law");
}

}  // namespace

at::Tensor draw(const parameter_slot& slot, generator& random, at::ScalarType dtype, at::Device device) {
  const at::Tensor value = drawn(slot, random).to(device, dtype);
  return slot.channels_last ? value.contiguous(at::MemoryFormat::ChannelsLast) : value;
}

void module::initialize(generator& random, at::ScalarType dtype, at::Device device) {
  for (const parameter_slot& slot : slots())
    if (!slot.tensor->defined()) *slot.tensor = draw(slot, random, dtype, device);
}

void module::to(at::Device device, at::ScalarType dtype) {
  for (const parameter_slot& slot : slots())
    if (slot.tensor->defined())
      *slot.tensor =
          slot.tensor->is_floating_point() ? slot.tensor->to(device, dtype) : slot.tensor->to(device);
}

void module::release() {
  for (const parameter_slot& slot : slots()) *slot.tensor = at::Tensor();
}

void module::set_tap(const tap& report) {
  tap_ = report ? std::make_shared<tap>(report) : nullptr;
  for (const auto& [name, child] : children_) child->set_tap(report);
}

void module::add_parameter(std::string name, at::Tensor& tensor, std::vector<int64_t> shape,
                           initializer init) {
  const bool channels_last = shape.size() == 4;
  own_.push_back({std::move(name), &tensor, std::move(shape), std::move(init), false, channels_last});
}

void module::add_buffer(std::string name, at::Tensor& tensor, std::vector<int64_t> shape, initializer init) {
  own_.push_back({std::move(name), &tensor, std::move(shape), std::move(init), true, false});
}

void module::add_child(std::string name, module& child) {
  child.set_path(path_.empty() ? name : path_ + "." + name);
  children_.emplace_back(std::move(name), &child);
}

void module::set_path(const std::string& path) {
  path_ = path;
  for (const auto& [name, child] : children_) child->set_path(path + "." + name);
}

at::Tensor module::tapped(at::Tensor output) const {
  if (tap_) (*tap_)(path_, output);
  return output;
}

}  // namespace zoetrope
