// What captions are to the denoiser. Frozen text encoders see each caption once; encoders that are trained
// see it every time.
#pragma once

#include <ATen/core/Tensor.h>

#include <mutex>
#include <unordered_map>

#include "pipelines/pipeline_model.hpp"

namespace zoetrope {

struct text_state_batch {
  at::Tensor prompt_embeds;  ///< [b, tokens, C1 + C2]
  at::Tensor pooled;         ///< [b, P]
};

class text_states {
 public:
  /// The model is held by address. `trained`: gradients pass through its encoders.
  text_states(const text_to_video_model& model, bool trained);

  /// A caption that is left out is told as generation tells an empty prompt: zeros where the model's
  /// force_zeros_for_empty_prompt is set. May be called from several threads.
  text_state_batch of(const std::vector<std::string>& captions, const std::vector<bool>& left_out) const;

 private:
  text_state_batch encoded(const std::vector<std::string>& captions) const;
  text_state_batch kept(const std::vector<std::string>& captions) const;

  const text_to_video_model& model_;
  const bool trained_;
  mutable std::mutex mutex_;
  mutable std::unordered_map<std::string, text_state_batch> kept_;
};

}  // namespace zoetrope
