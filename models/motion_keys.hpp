// The names that the motion families give to one and the same temporal module. Slots bear Hotshot-XL's.
//   ours, Hotshot-XL  <block>.temporal_attentions.j
//                       .transformer_blocks.k.attention_blocks.i.pos_encoder.positional_encoding
//   AnimateDiff       <block>.motion_modules.j.temporal_transformer
//                       .transformer_blocks.k.attention_blocks.i.pos_encoder.pe
//   MotionAdapter     <block>.motion_modules.j
//   (diffusers)         .transformer_blocks.k.{attn1, norm1, attn2, norm2, norm3, pos_embed.pe, …}
// In the last both attentions of a block share the table pos_embed.pe.
#pragma once

#include <string>

#include "core/tensor/weight_source.hpp"

namespace zoetrope {

/// A slot or a layer of a temporal module under the family's name; "" for what is of no temporal module.
std::string animatediff_name(const std::string& ours);
std::string motion_adapter_name(const std::string& ours);

/// Whether a file's key is of a temporal module, under whichever family's names.
bool is_motion_key(const std::string& key);
/// Keys of any family -> slots of `unet`; other keys are not used. A key of a temporal module that the UNet
/// does not have is mapped to itself, which no slot is called.
key_map motion_keys(const module& unet);

}  // namespace zoetrope
