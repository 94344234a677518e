// Positions by themselves, and attentions between the places of a few tokens, for the tests of positions.
#pragma once

#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "attention/layouts/makers.hpp"
#include "attention/position.hpp"
#include "core/tensor/random.hpp"

namespace zoetrope {

inline const std::vector<token_axis> frames{token_axis::frame}, pixels{token_axis::row, token_axis::column},
    all_axes{token_axis::frame, token_axis::row, token_axis::column};

using made_position = std::unique_ptr<attention_position>;

inline made_position made(const json& options, std::vector<token_axis> axes, int64_t heads = 2,
                          int64_t head_dim = 12) {
  return make_attention_position(config(options), {.channels = heads * head_dim,
                                                   .heads = heads,
                                                   .head_dim = head_dim,
                                                   .axes = std::move(axes),
                                                   .maximum_frames = 8});
}

inline void fill(attention_position& part, at::ScalarType dtype = at::kDouble) {
  generator random(4);
  for (const parameter_slot& slot : part.slots()) *slot.tensor = random.normal(slot.shape, dtype).mul_(0.5);
}

inline token_places frame_by_frame(int64_t count) {
  const at::Tensor places = frame_places({.frames = count}, at::kCPU);
  return {places, places, frames, 0.125, {count}};
}
inline token_places pixel_by_pixel(const clip_size& size) {
  const at::Tensor places = pixel_places(size, at::kCPU);
  return {places, places, pixels, 0.125, {size.height, size.width}};
}

inline attention_input between(int64_t heads, int64_t tokens, int64_t head_dim,
                               at::ScalarType dtype = at::kDouble) {
  generator random(6);
  const auto drawn = [&] { return random.normal({1, heads, tokens, head_dim}).to(dtype); };
  return {drawn(), drawn(), drawn()};
}

inline double at4(const at::Tensor& x, int64_t h, int64_t i, int64_t j) { return x[h][i][j].item<double>(); }

inline void expect_refused(const json& options, const std::vector<token_axis>& axes, const std::string& part,
                           int64_t head_dim = 12) {
  try {
    made(options, axes, 2, head_dim);
    FAIL() << options;
  } catch (const error& failure) {
    EXPECT_EQ(failure.kind(), error_kind::bad_input) << options;
    EXPECT_NE(std::string(failure.what()).find(part), std::string::npos) << failure.what();
  }
}

}  // namespace zoetrope
