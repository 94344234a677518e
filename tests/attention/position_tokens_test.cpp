// Positions that add to the tokens or mix them, against their formulas in plain loops.
#include "attention/position.hpp"

#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include "core/tensor/weights.hpp"
#include "tests/attention/made_positions.hpp"
#include "tests/attention/whole_attention.hpp"

namespace zoetrope {
namespace {

TEST(LearnedPosition, IsTheSumOfTheRowsOfItsTables) {
  const clip_size size{.frames = 3, .height = 2, .width = 4};
  const auto part = made({{"type", "learned"}, {"maximum_frames", 5}, {"maximum_size", 6}}, all_axes);
  fill(*part);
  const auto tables = state_of(*part);
  ASSERT_EQ(tables.at("positional_encoding").sizes(), (std::vector<int64_t>{1, 5, 24}));
  ASSERT_EQ(tables.at("row_encoding").sizes(), (std::vector<int64_t>{1, 6, 24}));
  ASSERT_EQ(tables.at("column_encoding").sizes(), (std::vector<int64_t>{1, 6, 24}));
  const at::Tensor got = part->added(size);
  ASSERT_EQ(got.sizes(), (std::vector<int64_t>{3, 8, 24}));
  for (int64_t f = 0; f < 3; ++f)
    for (int64_t h = 0; h < 2; ++h)
      for (int64_t w = 0; w < 4; ++w) {
        const at::Tensor want = tables.at("positional_encoding")[0][f] + tables.at("row_encoding")[0][h] +
                                tables.at("column_encoding")[0][w];
        EXPECT_LE(largest_difference(got[f][4 * h + w], want), 1e-15);
      }
}

TEST(LearnedPosition, AlongFramesIsTheSameForAllPixels) {
  const auto part = made({{"type", "learned"}}, frames);
  fill(*part);
  const at::Tensor got = part->added({.frames = 3, .height = 2, .width = 4});
  EXPECT_EQ(got.sizes(), (std::vector<int64_t>{3, 1, 24}));
  EXPECT_TRUE(at::equal(got.squeeze(1), state_of(*part).at("positional_encoding")[0].slice(0, 0, 3)));
  EXPECT_EQ(part->maximum_frames(), 8);
  EXPECT_EQ(made({{"type", "learned"}}, pixels)->maximum_frames(), 0);
}

TEST(LearnedPosition, SaysWhichTableIsTooShort) {
  const auto part = made({{"type", "learned"}, {"maximum_size", 4}}, pixels);
  fill(*part);
  try {
    part->added({.height = 4, .width = 5});
    FAIL() << "no error";
  } catch (const error& failure) {
    EXPECT_EQ(failure.kind(), error_kind::usage);
    EXPECT_NE(std::string(failure.what()).find("5 places, but column_encoding holds 4"), std::string::npos)
        << failure.what();
  }
}

// y = x + b + Σ w · x of the neighbours, zeros outside; tap by tap.
at::Tensor convolved(const at::Tensor& x, const at::Tensor& w, const at::Tensor& b, const clip_size& size,
                     bool causal) {
  const at::Tensor video = x.view({size.batch, size.frames, size.height, size.width, -1});
  at::Tensor y = video + b;
  for (int64_t i = 0; i < w.size(2); ++i)
    for (int64_t j = 0; j < w.size(3); ++j)
      for (int64_t k = 0; k < w.size(4); ++k)
        for (int64_t f = 0; f < size.frames; ++f)
          for (int64_t r = 0; r < size.height; ++r)
            for (int64_t c = 0; c < size.width; ++c) {
              const int64_t back = causal ? w.size(2) - 1 : w.size(2) / 2;
              const int64_t from_f = f + i - back, from_r = r + j - w.size(3) / 2,
                            from_c = c + k - w.size(4) / 2;
              if (from_f < 0 || from_f >= size.frames || from_r < 0 || from_r >= size.height || from_c < 0 ||
                  from_c >= size.width)
                continue;
              const at::Tensor tap = w.select(1, 0).select(1, i).select(1, j).select(1, k);
              y.select(1, f).select(1, r).select(1, c).add_(
                  tap * video.select(1, from_f).select(1, from_r).select(1, from_c));
            }
  return y.view(x.sizes());
}

TEST(DepthwiseConvPosition, IsTheSumOverItsNeighbours) {
  const clip_size size{.batch = 2, .frames = 4, .height = 2, .width = 3};
  for (const auto& axes : {frames, pixels, all_axes})
    for (const bool causal : {false, true}) {
      if (causal && axes == pixels) continue;  // an option along frames
      json options{{"type", "depthwise_conv"}};
      if (causal) options["causal"] = true;
      const auto part = made(options, axes);
      fill(*part);
      const auto weights = state_of(*part);
      const at::Tensor x = generator(8).normal({8, 6, 24}).to(at::kDouble);
      const at::Tensor want = convolved(x, weights.at("weight"), weights.at("bias"), size, causal);
      EXPECT_LE(largest_difference(part->mixed(x, size), want), 1e-12)
          << axes.size() << " axes, causal " << causal;
    }
}

TEST(DepthwiseConvPosition, CausalSeesNoLaterFrame) {
  const auto part = made({{"type", "depthwise_conv"}, {"causal", true}}, frames);
  fill(*part, at::kFloat);
  const clip_size size{.frames = 5, .height = 2, .width = 3};
  const at::Tensor x = generator(8).normal({5, 6, 24});
  at::Tensor changed = x.clone();
  changed.slice(0, 3).add_(1.0);
  EXPECT_TRUE(at::equal(part->mixed(x, size).slice(0, 0, 3), part->mixed(changed, size).slice(0, 0, 3)));
}

// Clips and pieces may pass together or one after the other.
TEST(DepthwiseConvPosition, GivesTheSameBytesInPieces) {
  const at::Tensor x = generator(8).normal({12, 30, 320});
  const auto position = [](const std::vector<token_axis>& axes) {
    auto part = made({{"type", "depthwise_conv"}}, axes, 5, 64);
    fill(*part, at::kFloat);
    return part;
  };
  const auto temporal = position(frames);
  const at::Tensor clips = temporal->mixed(x, {.batch = 2, .frames = 6, .height = 5, .width = 6});
  for (const int64_t width : {1, 4, 29})
    EXPECT_TRUE(
        at::equal(temporal->mixed(x.slice(1, 1, 1 + width), {.batch = 2, .frames = 6, .width = width}),
                  clips.slice(1, 1, 1 + width)))
        << width << " pixels";
  const auto spatial = position(pixels);
  const at::Tensor pictures = spatial->mixed(x, {.batch = 2, .frames = 6, .height = 5, .width = 6});
  for (const int64_t count : {1, 5})
    EXPECT_TRUE(
        at::equal(spatial->mixed(x.slice(0, 3, 3 + count), {.frames = count, .height = 5, .width = 6}),
                  pictures.slice(0, 3, 3 + count)))
        << count << " frames";
}

}  // namespace
}  // namespace zoetrope
