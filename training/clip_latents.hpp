// The latents of a dataset's clips: encoded once by the VAE and kept, since rendering and encoding cost as
// much as a training step of a small model. What is kept is the distribution, so that each visit may draw its
// own sample, as fine_tune.py of Hotshot-XL does. It is kept in the CPU's memory wherever the VAE computes. A
// cache on the disk keeps it beyond the run (latent_cache.hpp).
#pragma once

#include <ATen/core/Tensor.h>

#include <mutex>
#include <unordered_map>

#include "models/autoencoder_kl.hpp"
#include "training/dataset.hpp"
#include "training/latent_cache.hpp"

namespace zoetrope {

/// As the denoiser sees them: scaled; c f h w each, on the CPU.
struct latent_clip {
  at::Tensor mean, deviation;
};

struct clip_latents_options {
  int64_t frames_at_once = 0;               ///< that the VAE encodes; 0: all of a clip
  int64_t memory_bytes = int64_t{1} << 30;  ///< of what is kept in memory
  std::shared_ptr<tensor_cache> disk = {};  ///< null: nothing is kept there
};

class clip_latents {
 public:
  /// Both are held by address.
  clip_latents(const autoencoder_kl& vae, const dataset& data, const clip_latents_options& options = {});

  /// error{numerical} names the file and the cause for a NaN. May be called from several threads.
  latent_clip of(int64_t index) const;
  /// b c f h w of clips, on the CPU: the means, or where `noise` (of that shape) is given, samples.
  at::Tensor batch(const std::vector<int64_t>& indices, const at::Tensor& noise) const;
  /// c f h w of a clip's latents.
  std::vector<int64_t> shape(int64_t index) const;

 private:
  latent_distribution coded(const at::Tensor& frames) const;
  latent_distribution distribution(int64_t index) const;
  std::string reason() const;  // for latents that are not finite
  latent_clip encoded(int64_t index) const;

  const autoencoder_kl& vae_;
  const dataset& data_;
  const clip_latents_options options_;
  mutable std::mutex mutex_;
  mutable std::unordered_map<int64_t, latent_clip> kept_;
  mutable int64_t kept_bytes_ = 0;
  mutable std::once_flag hashed_;
  mutable std::string encoder_;  ///< weights_hash() of the VAE, where the disk needs it
};

}  // namespace zoetrope
