// Frames as networks see them: bytes, resized and cropped as torchvision does it, then normalised.
#pragma once

#include <ATen/core/Tensor.h>

#include <array>

#include "eval/metric.hpp"

namespace zoetrope {

/// Frame `index` as 1 3 h w, f32 in [0, 1].
at::Tensor float_frame(const float_clip& clip, int index);
/// The same rounded to bytes: whole numbers 0 … 255 in f32.
at::Tensor byte_frame(const float_clip& clip, int index);

enum class interpolation { bilinear, bicubic };
/// The shorter side to `side`, the longer in proportion and rounded down; without antialiasing, rounded to
/// bytes: torchvision's Resize(side, antialias=False), whose cubic has a = -0.75.
at::Tensor resize_shorter_side(const at::Tensor& bytes, int64_t side, interpolation law);
/// side x side from the middle: torchvision's CenterCrop. Both sides at least `side`.
at::Tensor centre_crop(const at::Tensor& bytes, int64_t side);

/// Frame `index` with the shorter side at `side`, by Pillow's antialiased bicubic filter (a = -0.5), side x
/// side from its middle: what transformers' CLIPImageProcessor makes of a picture. 1 3 side side, bytes.
at::Tensor clip_picture(const float_clip& clip, int index, int64_t side);

struct pixel_statistics {
  std::array<float, 3> mean, deviation;
};
inline constexpr pixel_statistics clip_pixels{{0.48145466f, 0.4578275f, 0.40821073f},
                                              {0.26862954f, 0.26130258f, 0.27577711f}};
inline constexpr pixel_statistics imagenet_pixels{{0.485f, 0.456f, 0.406f}, {0.229f, 0.224f, 0.225f}};
/// (bytes / 255 - mean) / deviation
at::Tensor normalised(const at::Tensor& bytes, const pixel_statistics& of);

}  // namespace zoetrope
