// LoRA files (Hu et al. 2021) at generation: W' = W + scale · alpha / rank · up · down, for linear layers and
// convolutions of the UNet (spatial and temporal: motion LoRA) and of the text encoders. Merged into the
// weights as they are loaded, or computed beside them. Layouts: lora_keys.hpp.
#pragma once

#include <filesystem>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "core/tensor/weight_source.hpp"
#include "models/lora_keys.hpp"

namespace zoetrope {

struct lora_file {
  std::filesystem::path file;  ///< .safetensors, or a folder with pytorch_lora_weights or adapter_model
  double scale = 1.0;          ///< any: 0 changes nothing, a negative one takes the change back
};

/// Several files at once; their changes of a layer add up, in the order of the files.
class lora_set {
 public:
  lora_set() = default;
  /// Resolves every key on the files' headers alone. error{bad_input} names file, key, got and wanted: no
  /// layer of that name, another width, down without up, a kind of change that is not plain LoRA, a file that
  /// changes nothing.
  lora_set(const std::vector<lora_file>& files, const lora_parts& parts);

  /// Layers of this component that are changed.
  std::size_t layers_of(const std::string& component) const;
  /// From now on what is loaded for `component` under `options` has the changes added, in f32.
  void merge_into(load_options& options, const std::string& component) const;
  /// Gives the layers of `part` their low_rank_adapters, in the type and on the device of `options`.
  void attach_to(module& part, const std::string& component, const load_options& options) const;

 private:
  struct change;
  using layer_changes = std::map<std::string, std::vector<change>>;  // layer's path -> changes
  static at::Tensor added(const std::vector<change>& changes, const at::Tensor& weight);
  void add_file(const lora_file& given, const lora_parts& parts, const lora_layer_names& names);
  std::map<std::string, std::shared_ptr<layer_changes>> by_component_;
};

}  // namespace zoetrope
