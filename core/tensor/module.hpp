// The base of every network part: a tree of named parameters, buffers and children.
//
// A module is built without memory: each parameter is declared with its shape and stays undefined until
// weights are loaded (core/tensor/weights.hpp) or drawn (initialize). So a 3.5-billion-parameter UNet is
// built in milliseconds, its shapes can be listed, and a file's tensors are used where they lie. Children
// bear the names of the published checkpoints, so loading is the identity map.
#pragma once

#include <ATen/core/Tensor.h>

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "core/tensor/random.hpp"

namespace zoetrope {

/// How a fresh parameter is drawn by module::initialize.
struct initializer {
  enum class law { zeros, ones, uniform, normal, constant_table } kind = law::zeros;
  double scale = 1.0;                      ///< uniform: bound; normal: standard deviation
  std::function<at::Tensor()> table = {};  ///< constant_table: makes the f32 tensor
  static initializer zeros() { return {law::zeros}; }
  static initializer ones() { return {law::ones}; }
  static initializer uniform(double bound) { return {law::uniform, bound}; }
  static initializer normal(double standard_deviation) { return {law::normal, standard_deviation}; }
  static initializer from(std::function<at::Tensor()> make) {
    return {law::constant_table, 1.0, std::move(make)};
  }
};

/// One named tensor of a module, with the shape it must have.
struct parameter_slot {
  std::string name;    ///< dotted, relative to the module asked
  at::Tensor* tensor;  ///< undefined until loaded or initialised
  std::vector<int64_t> shape;
  initializer init;
  bool is_buffer = false;      ///< saved and loaded, never trained
  bool channels_last = false;  ///< 4-D convolution weights are kept in channels-last order
};

/// A fresh tensor for a slot, as its law says; in the memory order it is kept in.
at::Tensor draw(const parameter_slot& slot, generator& random, at::ScalarType dtype, at::Device device);

class module;

/// Lends layers their tensors for as long as they compute (core/tensor/weight_stream.hpp).
class weight_lender {
 public:
  virtual ~weight_lender() = default;
  virtual void lend(const module& layer) = 0;  ///< afterwards the slots of `layer` are filled
  virtual void take_back(const module& layer) = 0;
};

class module {
 public:
  module() = default;
  module(const module&) = delete;
  module& operator=(const module&) = delete;
  virtual ~module() = default;

  /// All slots below this module, in registration order, names joined by dots.
  std::vector<parameter_slot> slots() const;
  /// The child at a dotted path ("down_blocks.1.resnets.0"); nullptr if there is none.
  module* find_child(std::string_view path) const;
  /// Direct children in registration order.
  const std::vector<std::pair<std::string, module*>>& children() const { return children_; }
  /// Dotted path from the root, set when a parent registers the child; empty at the root.
  const std::string& path() const { return path_; }

  int64_t parameter_count() const;
  /// Draws every parameter that is still undefined.
  void initialize(generator& random, at::ScalarType dtype = at::kFloat, at::Device device = at::kCPU);
  /// Moves and casts every defined tensor; floating point only is cast.
  void to(at::Device device, at::ScalarType dtype);
  /// Frees all tensors (offloading, or a text encoder that has done its work).
  void release();

  /// Layers that read their tensors under a borrowed_weights may hold none of their own between two calls.
  virtual bool borrows() const { return false; }
  /// Whom this one module borrows from; nullptr: its tensors are its own.
  void set_lender(weight_lender* lender) { lender_ = lender; }

  /// Called with (module path, its output) by parts that report what they return: the taps of
  /// reference cases and of activation studies. Not called where empty.
  using tap = std::function<void(const std::string& path, const at::Tensor& output)>;
  void set_tap(const tap& report);

 protected:
  void add_parameter(std::string name, at::Tensor& tensor, std::vector<int64_t> shape, initializer init);
  void add_buffer(std::string name, at::Tensor& tensor, std::vector<int64_t> shape, initializer init);
  void add_child(std::string name, module& child);
  /// Reports `output` to the tap and hands it through: `return tapped(x);`
  at::Tensor tapped(at::Tensor output) const;

 private:
  friend class borrowed_weights;
  void set_path(const std::string& path);
  std::vector<parameter_slot> own_;
  std::vector<std::pair<std::string, module*>> children_;
  std::string path_;
  std::shared_ptr<tap> tap_;
  weight_lender* lender_ = nullptr;
};

/// Held by a layer while it reads its tensors: `const borrowed_weights held(*this);`
class borrowed_weights {
 public:
  explicit borrowed_weights(const module& layer) : layer_(layer) {
    if (layer.lender_) layer.lender_->lend(layer);
  }
  ~borrowed_weights() {
    if (layer_.lender_) layer_.lender_->take_back(layer_);
  }
  borrowed_weights(const borrowed_weights&) = delete;
  borrowed_weights& operator=(const borrowed_weights&) = delete;

 private:
  const module& layer_;
};

/// Children of a list, named "<name>.0", "<name>.1", … as torch's ModuleList does.
template <class Part>
class module_list : public module {
 public:
  Part& add(std::unique_ptr<Part> part) {
    parts_.push_back(std::move(part));
    add_child(std::to_string(parts_.size() - 1), *parts_.back());
    return *parts_.back();
  }
  template <class Actual = Part, class... Arguments>
  Actual& emplace(Arguments&&... arguments) {
    auto part = std::make_unique<Actual>(std::forward<Arguments>(arguments)...);
    Actual& result = *part;
    add(std::move(part));
    return result;
  }
  std::size_t size() const { return parts_.size(); }
  bool empty() const { return parts_.empty(); }
  Part& operator[](std::size_t index) const { return *parts_[index]; }
  auto begin() const { return parts_.begin(); }
  auto end() const { return parts_.end(); }

 private:
  std::vector<std::unique_ptr<Part>> parts_;
};

}  // namespace zoetrope
