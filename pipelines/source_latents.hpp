// What a source video means for the denoising loop: where it starts, and what is put back after each step.
//
//   z      ~ q(z | frame), the VAE's own distribution     one frame at a time; sampled, as diffusers does
//   x_0    = z, scaled for the denoiser                    (or noise, for a mask at strength 1)
//   x_t0   = add_noise(x_0, e, t_0)                        e ~ N(0, 1), the same for the whole run
//   x_t    = m x_t + (1 - m) add_noise(x_0, e, t)          after each step, t: the next step's level;
//                                                          x_0 at the end
#pragma once

#include <ATen/core/Tensor.h>

#include <optional>

#include "pipelines/clip_noise.hpp"
#include "pipelines/text_to_video.hpp"

namespace zoetrope {

class source_latents {
 public:
  /// Encodes the source of the call, which must have one. error{numerical} names the frame of a NaN or
  /// infinity.
  source_latents(const text_to_video_model& model, const text_to_video_call& call);

  /// Latents at the level of `timestep`, b c f h w. Each clip draws the VAE's sample, then the noise, from
  /// `random`.
  at::Tensor first(clip_noise& random, scheduler& steps, double timestep);
  /// `latents` with what the mask keeps as it is at the level of `next_timestep`; none: behind the last step.
  at::Tensor put_back(const at::Tensor& latents, scheduler& steps, std::optional<double> next_timestep) const;

 private:
  const text_to_video_model& model_;
  const int64_t clips_;
  const bool starts_from_noise_;
  at::Tensor mean_, deviation_;  // f c h w in the VAE's dtype
  at::Tensor mask_;              // 1 1 f h w; undefined: nothing is kept
  at::Tensor known_, noise_;     // b c f h w
};

}  // namespace zoetrope
