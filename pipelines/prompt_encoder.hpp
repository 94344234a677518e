// Prompts to what SDXL's UNet is conditioned on: both tokenizers, both CLIP text encoders (Podell et al.
// 2023, section 2.1: the penultimate states side by side, and the second encoder's pooled projection).
#pragma once

#include <ATen/core/Tensor.h>

#include <functional>
#include <string>
#include <vector>

#include "pipelines/pipeline_model.hpp"
#include "pipelines/text_to_video.hpp"

namespace zoetrope {

struct encoded_prompts {
  at::Tensor ids_1, ids_2;   ///< int64 [b, tokens], padded and cut
  at::Tensor prompt_embeds;  ///< [b, tokens, C1 + C2]
  at::Tensor pooled;         ///< [b, P]
};

/// `warn` is told what did not fit into the tokenizers' lengths; it may be empty.
encoded_prompts encode_prompts(const text_to_video_model& model, const std::vector<std::string>& prompts,
                               int64_t clip_skip = 0,
                               const std::function<void(const std::string&)>& warn = {});

/// All that the UNet is told besides latents and timestep, on the model's device. The call is a checked one.
text_conditioning condition(const text_to_video_model& model, const text_to_video_call& call);

}  // namespace zoetrope
