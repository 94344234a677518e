// What captions are to the denoiser. Frozen text encoders see each caption once; encoders that are trained
// see it every time. What frozen ones say is kept in the CPU's memory, and by a cache on the disk beyond the
// run (latent_cache.hpp).
#pragma once

#include <ATen/core/Tensor.h>

#include <mutex>
#include <unordered_map>

#include "pipelines/pipeline_model.hpp"
#include "training/latent_cache.hpp"

namespace zoetrope {

struct text_state_batch {
  at::Tensor prompt_embeds;  ///< [b, tokens, C1 + C2]
  at::Tensor pooled;         ///< [b, P]
  text_state_batch to(at::Device device) const;
};

class text_states {
 public:
  /// The model is held by address. `trained`: gradients pass through its encoders. `disk` may be
  /// null.
  text_states(const text_to_video_model& model, bool trained, std::shared_ptr<tensor_cache> disk = {});

  /// A caption that is left out is told as generation tells an empty prompt: zeros where the model's
  /// force_zeros_for_empty_prompt is set. May be called from several threads.
  text_state_batch of(const std::vector<std::string>& captions, const std::vector<bool>& left_out) const;

 private:
  text_state_batch encoded(const std::vector<std::string>& captions) const;
  text_state_batch frozen(const std::string& caption) const;
  text_state_batch kept(const std::vector<std::string>& captions) const;

  const text_to_video_model& model_;
  const bool trained_;
  const std::shared_ptr<tensor_cache> disk_;
  mutable std::mutex mutex_;
  mutable std::unordered_map<std::string, text_state_batch> kept_;
  mutable std::once_flag hashed_;
  mutable std::string encoders_;  ///< weights_hash() of both, where the disk needs it
};

}  // namespace zoetrope
