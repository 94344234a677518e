// See frame_pixels.hpp.
#include "eval/network_metrics/frame_pixels.hpp"

#include <ATen/ATen.h>

#include <algorithm>
#include <cmath>

#include "core/io/resample.hpp"

namespace zoetrope {
namespace {

// h w 3 -> 1 3 h w
at::Tensor channels_first(const at::Tensor& picture) {
  return picture.permute({2, 0, 1}).unsqueeze(0).contiguous();
}

int64_t in_proportion(int64_t side, int64_t length, int64_t shorter) { return side * length / shorter; }

at::Tensor per_channel(const std::array<float, 3>& values) {
  return at::tensor(at::ArrayRef<float>(values.data(), values.size())).view({1, 3, 1, 1});
}

}  // namespace

at::Tensor float_frame(const float_clip& clip, int index) {
  const at::Tensor picture =
      at::from_blob(const_cast<float*>(frame_of(clip, index)), {clip.height, clip.width, 3}, at::kFloat);
  return channels_first(picture);
}

at::Tensor byte_frame(const float_clip& clip, int index) {
  return float_frame(clip, index).clamp(0, 1).mul(255).add(0.5).floor();
}

at::Tensor resize_shorter_side(const at::Tensor& bytes, int64_t side, interpolation law) {
  const int64_t height = bytes.size(2), width = bytes.size(3), shorter = std::min(height, width);
  const std::array<int64_t, 2> size{in_proportion(side, height, shorter),
                                    in_proportion(side, width, shorter)};
  if (law == interpolation::bilinear) return at::upsample_bilinear2d(bytes, size, false).round();
  return at::upsample_bicubic2d(bytes, size, false).clamp(0, 255).round();
}

at::Tensor centre_crop(const at::Tensor& bytes, int64_t side) {
  // As Python rounds: halves to the even number.
  const auto first = [side](int64_t length) {
    return static_cast<int64_t>(std::nearbyint(static_cast<double>(length - side) / 2));
  };
  return bytes.narrow(2, first(bytes.size(2)), side).narrow(3, first(bytes.size(3)), side);
}

at::Tensor clip_picture(const float_clip& clip, int index, int64_t side) {
  const float* first = frame_of(clip, index);
  const float_clip alone{clip.width, clip.height, 1, {first, first + frame_size(clip)}};
  const rgb_image image{clip.width, clip.height, to_rgb(alone).frames.front()};
  const int64_t shorter = std::min(clip.width, clip.height);
  const int width = static_cast<int>(in_proportion(side, clip.width, shorter));
  const int height = static_cast<int>(in_proportion(side, clip.height, shorter));
  const int length = static_cast<int>(side);
  rgb_image small = resample(image, width, height, resample_filter::bicubic,
                             {(width - length) / 2, (height - length) / 2, length, length});
  return channels_first(at::from_blob(small.pixels.data(), {side, side, 3}, at::kByte)).to(at::kFloat);
}

at::Tensor normalised(const at::Tensor& bytes, const pixel_statistics& of) {
  return (bytes / 255 - per_channel(of.mean)) / per_channel(of.deviation);
}

}  // namespace zoetrope
