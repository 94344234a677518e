// From files to modules: which stored tensor fills which slot is found once, with every mismatch in one
// error; then the module can be filled, emptied and filled again, whole or layer by layer.
#pragma once

#include <ATen/core/Tensor.h>

#include <functional>
#include <map>
#include <string>
#include <vector>

#include "core/io/safetensors.hpp"
#include "core/tensor/module.hpp"

namespace zoetrope {

/// Where a stored tensor goes: into a slot, whole or a share of its rows (fused q, k, v).
struct weight_target {
  std::string slot;
  int64_t part = 0, parts = 1;  ///< rows part / parts to (part + 1) / parts of the stored tensor
  bool transposed = false;      ///< stored [in, out] instead of [out, in]
};
/// A file's key -> where it goes; nowhere: the tensor is not used (buffers, other models' tensors).
using key_map = std::function<std::vector<weight_target>(const std::string& key)>;
/// One target for a name, none for "".
key_map renaming(std::function<std::string(const std::string& key)> rename);

struct weight_file {
  safetensors_file file;
  key_map targets = {};  ///< empty: a file's key is the module's
};

struct load_options {
  at::ScalarType dtype = at::kFloat;  ///< floating-point tensors are cast to it
  at::Device device = at::kCPU;
  bool check_finite = false;  ///< error{numerical} at the first tensor with a NaN or infinity
  /// Called with a slot's name and the stored tensor in f32; what it returns is loaded in its place (LoRA
  /// that is merged). Only for slots that `changes` says yes to.
  std::function<at::Tensor(const std::string& slot, const at::Tensor& stored)> change = {};
  std::function<bool(const std::string& slot)> changes = {};
  /// Slots that no file need fill: they are drawn, each from its own seed, so that it is the same whenever it
  /// is made. A stored tensor of another shape is not used for one, but a picture model's kernel for a slot
  /// that has frames too goes where a fresh one is drawn, with zeros beside it.
  std::function<bool(const std::string& slot)> may_be_fresh = {};
  /// Slots that are not there and for which stored tensors go unused.
  std::function<bool(const std::string& slot)> may_be_unused = {};
};

/// Which stored tensors fill which slots of a module, found once; so that a module can be filled, emptied,
/// and filled again, whole or layer by layer.
class weight_source {
 public:
  /// error{bad_input} lists all missing, unexpected and misshapen tensors. `target` is held by address.
  weight_source(const module& target, std::vector<weight_file> files, load_options options);

  /// Fills every slot. f16/bf16 tensors are cast one at a time and their pages released, so the peak is the
  /// weights once plus one tensor.
  void fill() const;
  /// The tensor for one slot; on a CPU, the mapped memory itself where type and order already fit; on a GPU,
  /// the copy is queued on the current stream. May be called from any thread.
  at::Tensor make(const at::Tensor* slot) const;
  /// Tells the system that the file's bytes behind this slot are needed soon, so that it reads them
  /// meanwhile.
  void expect(const at::Tensor* slot) const;
  /// Tells the system that the file's bytes behind this slot are not needed for now.
  void rest(const at::Tensor* slot) const;
  bool has(const at::Tensor* slot) const { return by_slot_.count(slot) > 0; }
  /// make() gives the mapped memory itself.
  bool maps(const at::Tensor* slot) const { return maps(filled_[by_slot_.at(slot)]); }
  const load_options& options() const { return options_; }
  /// Slots that are drawn instead of read.
  std::vector<std::string> fresh() const;

 private:
  struct share {
    std::size_t file;
    const stored_tensor* stored;
    weight_target target;
  };
  struct filled_slot {
    parameter_slot slot;
    share from;  ///< from.stored is null where the slot is drawn
  };
  void assign(const module& target);
  at::Tensor drawn(const parameter_slot& slot) const;
  void check_unchanged() const;
  bool maps(const filled_slot& filled) const;
  using copier = void (*)(at::Tensor& to, const at::Tensor& from);
  at::Tensor placed(const filled_slot& filled, copier copy) const;

  std::vector<weight_file> files_;
  load_options options_;
  std::vector<filled_slot> filled_;  // in the files' order
  std::map<const at::Tensor*, std::size_t> by_slot_;
};

/// Fills every slot of `target` from files whose keys are its own, or are mapped by `targets`.
void load_weights(module& target, const std::vector<safetensors_file>& files,
                  const load_options& options = {}, const key_map& targets = {});

}  // namespace zoetrope
