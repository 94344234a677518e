// Against at::conv3d on the 5-D clip.
#include "models/frame_convolution.hpp"

#include "models/frames.hpp"
#include "tests/models/part_contract.hpp"

namespace zoetrope {
namespace {

struct shape {
  int64_t frames, size;
  bool causal;
};

class FrameConvolution : public testing::TestWithParam<shape> {
 protected:
  static constexpr int64_t in = 6, out = 10;

  static frame_convolution::options options(bool one_dimensional = false) {
    const auto [frames, size, causal] = GetParam();
    return {.in_channels = in,
            .out_channels = out,
            .frames = frames,
            .size = size,
            .causal = causal,
            .one_dimensional = one_dimensional};
  }
  // y of the 5-D clip, zeros ahead of it and, where later frames are seen, behind it.
  static at::Tensor expected(const at::Tensor& clip, const at::Tensor& kernel, const at::Tensor& bias) {
    const auto [frames, size, causal] = GetParam();
    const int64_t before = causal ? frames - 1 : frames / 2, behind = causal ? 0 : frames / 2;
    const at::Tensor padded = at::constant_pad_nd(clip, {0, 0, 0, 0, before, behind});
    return fold_frames(at::conv3d(padded, kernel, bias, 1, {0, size / 2, size / 2}));
  }
  generator random_{3};
};

TEST_P(FrameConvolution, IsTheConvolutionOfTheClip) {
  frame_convolution layer(options());
  layer.initialize(random_);
  for (const int64_t length : {1, 2, 7}) {
    const at::Tensor clip = random_.normal({2, in, length, 4, 5});
    const at::Tensor got = layer.forward(fold_frames(clip), length);
    EXPECT_TRUE(got.is_contiguous(at::MemoryFormat::ChannelsLast));
    EXPECT_LE(largest_difference(got, expected(clip, layer.weight, layer.bias)), 1e-5) << length;
  }
}

TEST_P(FrameConvolution, AdaptersAreAChangeOfTheWeight) {
  frame_convolution layer(options());
  layer.initialize(random_);
  constexpr int64_t rank = 3;
  const at::Tensor down = random_.normal({rank, layer.weight[0].numel()}), up = random_.normal({out, rank});
  layer.adapters.push_back({down, up, 0.5});
  const at::Tensor clip = random_.normal({2, in, 4, 3, 3});
  const at::Tensor changed = layer.weight + 0.5 * at::mm(up, down).view(layer.weight.sizes());
  EXPECT_LE(largest_difference(layer.forward(fold_frames(clip), 4), expected(clip, changed, layer.bias)),
            1e-4);
}

TEST_P(FrameConvolution, GradientIsTheSlope) {
  frame_convolution layer(options());
  layer.initialize(random_);
  layer.to(at::kCPU, at::kDouble);
  at::Tensor x = fold_frames(random_.normal({2, in, 3, 3, 2})).to(at::kDouble);
  auto leaves = parameters_of(layer);
  leaves.emplace_back("x", &x);
  expect_slopes(leaves, random_, [&] { return layer.forward(x, 3); });
}

// The random numbers of a 2-D convolution give its results, frame by frame, to the bit.
TEST_P(FrameConvolution, FreshPictureIsATwoDimensionalConvolution) {
  frame_convolution::options shape = options();
  shape.start = frame_convolution::fresh::picture;
  frame_convolution layer(shape);
  conv2d picture(in, out, {.kernel = shape.size, .padding = shape.size / 2});
  generator one(7), other(7);
  layer.initialize(one);
  picture.initialize(other);
  const at::Tensor x = random_.normal({6, in, 4, 4}).contiguous(at::MemoryFormat::ChannelsLast);
  const at::Tensor want = picture.forward(x), got = layer.forward(x, 3);
  if (shape.size > 1)
    EXPECT_TRUE(at::equal(got, want));
  else  // one product of all taps sums in another order
    EXPECT_LE(largest_difference(got, want), 1e-6);
}

TEST_P(FrameConvolution, FreshIdentityIsTheIdentity) {
  frame_convolution::options shape = options();
  shape.out_channels = in;
  shape.start = frame_convolution::fresh::identity;
  frame_convolution layer(shape);
  layer.initialize(random_);
  const at::Tensor x = random_.normal({6, in, 4, 4}).contiguous(at::MemoryFormat::ChannelsLast);
  EXPECT_TRUE(at::equal(layer.forward(x, 3), x));
}

INSTANTIATE_TEST_SUITE_P(Shapes, FrameConvolution,
                         testing::Values(shape{3, 1, false}, shape{3, 1, true}, shape{5, 1, false},
                                         shape{3, 3, false}, shape{3, 3, true}, shape{1, 3, false}),
                         [](const auto& info) {
                           return concat(info.param.frames, "Frames", info.param.size, "Pixels",
                                         info.param.causal ? "Causal" : "");
                         });

TEST(FrameConvolution1d, WeightIsStoredAsTorchsConv1d) {
  frame_convolution layer({.in_channels = 4, .out_channels = 5, .one_dimensional = true});
  EXPECT_EQ(layer.slots()[0].shape, (std::vector<int64_t>{5, 4, 3}));
  generator random(2);
  layer.initialize(random);
  const at::Tensor clip = random.normal({1, 4, 6, 1, 1});
  const at::Tensor want = at::conv1d(clip.flatten(2), layer.weight, layer.bias, 1, 1);  // 1 c f
  EXPECT_LE(largest_difference(layer.forward(fold_frames(clip), 6).flatten(1).t(), want[0]), 1e-6);
}

TEST(FrameConvolution1d, IdentityNeedsAsManyChannels) {
  EXPECT_THROW(
      frame_convolution({.in_channels = 4, .out_channels = 5, .start = frame_convolution::fresh::identity}),
      error);
}

}  // namespace
}  // namespace zoetrope
