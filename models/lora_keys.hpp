// The names that LoRA files give to layers and tensors. Layouts, all found in published files:
//   PEFT, diffusers  unet.<layer>.lora_A.weight, .lora_B.weight; perhaps behind base_model.model.
//   older diffusers  <layer>.lora.down.weight, <layer>.lora_linear_layer.down.weight,
//                    <attention>.processor.to_q_lora.down.weight
//   kohya            lora_unet_<layer with _ for .>.lora_down.weight, .lora_up.weight, .alpha;
//                    lora_te1_…, lora_te2_…; the UNet's layers under diffusers' names or those of the
//                    original code (input_blocks_4_1_…)
// Motion LoRA names temporal layers as AnimateDiff or diffusers' MotionAdapter do (motion_keys.hpp).
#pragma once

#include <map>
#include <string>

#include "core/tensor/module.hpp"

namespace zoetrope {

/// The parts of a model that LoRA files change, by component: "unet", "text_encoder", "text_encoder_2".
using lora_parts = std::map<std::string, const module*>;

enum class lora_tensor { down, up, alpha };

struct lora_key {
  std::string layer;  ///< as lora_layer_names knows it
  lora_tensor tensor;
};
/// error{bad_input} for a key of another kind of change (DoRA, LoHa, LoKr, …), which it names, or of no kind
/// known.
lora_key parse_lora_key(const std::string& key);

struct lora_layer {
  std::string component;  ///< "unet"
  std::string path;       ///< "down_blocks.1.attentions.0.proj_in"
  auto operator<=>(const lora_layer&) const = default;
};

/// Every name that a file may give to a layer with a weight (linear, convolution, projection).
class lora_layer_names {
 public:
  explicit lora_layer_names(const lora_parts& parts);
  /// nullptr where no layer has that name.
  const lora_layer* find(const std::string& name) const;

 private:
  void add(const lora_layer& layer);
  std::map<std::string, lora_layer> layers_;
};

}  // namespace zoetrope
