// A model as the original code would have saved it: one file, its own key names.
#pragma once

#include <ATen/ATen.h>

#include "core/tensor/weights.hpp"
#include "models/checkpoint_keys.hpp"
#include "pipelines/pipeline_model.hpp"

namespace zoetrope {

/// The tensors of `part` under the names of the original code, by the layers that have one there.
inline void add_originals(tensor_map& file, const std::string& prefix, const module& part,
                          const layer_names& names) {
  const tensor_map state = state_of(part);
  for (const auto& [original, layer] : names)
    for (const char* tensor : {".weight", ".bias"})
      if (const auto found = state.find(layer + tensor); found != state.end())
        file[prefix + original + tensor] = found->second;
}

/// What open_clip would have saved: one tensor for query, key and value, the projection transposed.
inline void add_open_clip(tensor_map& file, const std::string& prefix, const module& encoder) {
  const tensor_map state = state_of(encoder);
  const std::string text = "text_model.";
  file[prefix + "token_embedding.weight"] = state.at(text + "embeddings.token_embedding.weight");
  file[prefix + "positional_embedding"] = state.at(text + "embeddings.position_embedding.weight");
  file[prefix + "text_projection"] = state.at("text_projection.weight").t();
  for (const std::string tensor : {"weight", "bias"}) {
    file[prefix + "ln_final." + tensor] = state.at(text + "final_layer_norm." + tensor);
    for (int i = 0; state.count(concat(text, "encoder.layers.", i, ".mlp.fc1.weight")); ++i) {
      const std::string ours = concat(text, "encoder.layers.", i, "."),
                        theirs = concat(prefix, "transformer.resblocks.", i, ".");
      const auto attention = [&](const char* name) {
        return state.at(concat(ours, "self_attn.", name, ".", tensor));
      };
      file[theirs + "attn.in_proj_" + tensor] =
          at::cat({attention("q_proj"), attention("k_proj"), attention("v_proj")});
      file[theirs + "attn.out_proj." + tensor] = attention("out_proj");
      file[theirs + "ln_1." + tensor] = state.at(ours + "layer_norm1." + tensor);
      file[theirs + "ln_2." + tensor] = state.at(ours + "layer_norm2." + tensor);
      file[theirs + "mlp.c_fc." + tensor] = state.at(ours + "mlp.fc1." + tensor);
      file[theirs + "mlp.c_proj." + tensor] = state.at(ours + "mlp.fc2." + tensor);
    }
  }
}

/// The model as one file in the original layout; its temporal layers have no place there.
inline tensor_map checkpoint_of(const text_to_video_model& model) {
  tensor_map file = {{"denoiser.sigmas", at::ones({3})}};
  add_originals(file, "model.diffusion_model.", *model.unet, original_unet_layers(*model.unet));
  add_originals(file, "first_stage_model.", *model.vae, original_vae_layers(*model.vae));
  for (const auto& [name, tensor] : state_of(*model.text_encoder))
    file["conditioner.embedders.0.transformer." + name] = tensor;
  add_open_clip(file, "conditioner.embedders.1.model.", *model.text_encoder_2);
  for (auto& [name, tensor] : file)  // the VAE's attention is 1 x 1 convolutions there
    if (name.find("attn_1") != std::string::npos && tensor.dim() == 2)
      tensor = tensor.unflatten(1, {-1, 1, 1});
  return file;
}

}  // namespace zoetrope
