// See frame_convolution.hpp.
#include "models/frame_convolution.hpp"

#include <ATen/ATen.h>

#include <cmath>

#include "core/error.hpp"
#include "models/batch_invariance.hpp"
#include "models/frames.hpp"

namespace zoetrope {

namespace {

double bound_of(int64_t fan_in) { return 1.0 / std::sqrt(static_cast<double>(fan_in)); }

// (b f) c h w -> b f c h w, a view
at::Tensor clips_of(const at::Tensor& x, int64_t frames) { return x.unflatten(0, {-1, frames}); }

}  // namespace

frame_convolution::frame_convolution(const options& shape)
    : shape_(shape), present_(shape.causal ? shape.frames - 1 : shape.frames / 2) {
  std::vector<int64_t> kernel{shape.out_channels, shape.in_channels, shape.frames};
  if (!shape.one_dimensional) kernel.insert(kernel.end(), {shape.size, shape.size});
  add_parameter("weight", weight, kernel, fresh_kernel(kernel));
  const bool drawn = shape.start == fresh::fan_in || shape.start == fresh::picture;
  const int64_t seen = shape.start == fresh::picture ? 1 : shape.frames;
  const double bound = bound_of(shape.in_channels * seen * shape.size * shape.size);
  add_parameter("bias", bias, {shape.out_channels},
                drawn ? initializer::uniform(bound) : initializer::zeros());
}

initializer frame_convolution::fresh_kernel(const std::vector<int64_t>& shape) const {
  const int64_t picture = shape_.in_channels * shape_.size * shape_.size;
  switch (shape_.start) {
    case fresh::zeros:
      return initializer::zeros();
    case fresh::picture:
      return initializer::uniform(bound_of(picture)).only_at(2, present_);
    case fresh::identity:
      ZT_CHECK(shape_.in_channels == shape_.out_channels, runtime, "frame_convolution: ", shape_.in_channels,
               " channels to ", shape_.out_channels, " cannot be the identity");
      return initializer::from([=, present = present_, middle = shape_.size / 2] {
        at::Tensor kernel = at::zeros(shape);
        at::Tensor tap = kernel.select(2, present);
        while (tap.dim() > 2) tap = tap.select(-1, middle);
        tap.fill_diagonal_(1);
        return kernel;
      });
    default:
      return initializer::uniform(bound_of(picture * shape_.frames));
  }
}

at::Tensor frame_convolution::forward(const at::Tensor& x, int64_t frames) const {
  const borrowed_weights held(*this);
  const at::Tensor input = x.contiguous(at::MemoryFormat::ChannelsLast);
  at::Tensor y = convolved(input, weight, bias, frames);
  for (const low_rank_adapter& change : adapters) {
    const std::vector<int64_t> kernel{change.down.size(0), shape_.in_channels, shape_.frames, shape_.size,
                                      shape_.size};
    const at::Tensor inner = convolved(input, change.down.reshape(kernel), {}, frames);
    const at::Tensor outer = linear_by_rows(tokens_of(inner), change.up.flatten(1), {});
    y = y + image_of(outer, x.size(2), x.size(3)) * change.scale;
  }
  return y;
}

at::Tensor frame_convolution::convolved(const at::Tensor& x, const at::Tensor& kernel, const at::Tensor& bias,
                                        int64_t frames) const {
  return shape_.size == 1 ? along_frames(x, kernel.flatten(2), bias, frames)
                          : sum_of_pictures(x, kernel, bias, frames);
}

// A clip is a picture of height f and width (h w) where it lies, so this is a 2-D convolution without a copy.
// kernel: [out, in, k]
at::Tensor frame_convolution::along_frames(const at::Tensor& x, const at::Tensor& kernel,
                                           const at::Tensor& bias, int64_t frames) const {
  const int64_t height = x.size(2), width = x.size(3);
  // (b f) c h w -> b c f (h w)
  const at::Tensor clips = x.permute({0, 2, 3, 1})
                               .reshape({-1, frames, height * width, x.size(1)})
                               .permute({0, 3, 1, 2})
                               .contiguous(at::MemoryFormat::ChannelsLast);
  // Padded with present_ zero frames at both ends: what a causal kernel makes of those at the end is dropped.
  const at::Tensor y =
      conv2d_by_rows(clips, kernel.unsqueeze(3), bias, 1, {present_, 0}).narrow(2, 0, frames);
  // b c' f (h w) -> (b f) c' h w
  return y.permute({0, 2, 3, 1})
      .reshape({x.size(0), height, width, y.size(1)})
      .permute({0, 3, 1, 2})
      .contiguous(at::MemoryFormat::ChannelsLast);
}

// One 2-D convolution a frame of the kernel, of the frames that it meets. kernel: [out, in, k, s, s]
at::Tensor frame_convolution::sum_of_pictures(const at::Tensor& x, const at::Tensor& kernel,
                                              const at::Tensor& bias, int64_t frames) const {
  const auto convolved = [&](const at::Tensor& pictures, int64_t k, const at::Tensor& added) {
    return conv2d_by_rows(pictures, kernel.select(2, k), added, 1, {shape_.size / 2});
  };
  const at::Tensor y = convolved(x, present_, bias), to = clips_of(y, frames), from = clips_of(x, frames);
  for (int64_t k = 0; k < shape_.frames; ++k) {
    const int64_t ahead = k - present_, met = frames - std::abs(ahead);
    if (ahead == 0 || met <= 0) continue;
    const at::Tensor seen = from.narrow(1, std::max<int64_t>(ahead, 0), met)
                                .flatten(0, 1)
                                .contiguous(at::MemoryFormat::ChannelsLast);
    to.narrow(1, std::max<int64_t>(-ahead, 0), met).add_(clips_of(convolved(seen, k, {}), met));
  }
  return y;
}

}  // namespace zoetrope
