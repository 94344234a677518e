// The layouts in which LoRA files are written, and the names that each gives to tensors: the way back of
// lora_keys.hpp.
#pragma once

#include <string>

#include "core/registry.hpp"
#include "models/lora_keys.hpp"

namespace zoetrope {

enum class lora_layout { diffusers, peft, kohya, animatediff };
const registry<lora_layout>& lora_layouts();

/// What a file of this layout calls a tensor of a layer, which parse_lora_key and lora_layer_names read back.
/// error{usage} for a layer that the layout has no name for.
std::string lora_key_of(lora_layout layout, const lora_layer& layer, lora_tensor tensor);

}  // namespace zoetrope
