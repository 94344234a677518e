// The four phases against libtorch's nearest neighbour and 3x3 convolution, and when the layer takes them.
#include "models/phase_upsampling.hpp"

#include <ATen/ATen.h>
#include <c10/core/GradMode.h>
#include <gtest/gtest.h>

#include <cmath>

#include "core/tensor/random.hpp"
#include "cuda_emulation/emulated_cuda.hpp"
#include "models/resampling.hpp"
#include "tests/core/tensor/largest_difference.hpp"

namespace zoetrope {
namespace {

at::Tensor plain(const at::Tensor& x, const at::Tensor& weight, const at::Tensor& bias) {
  return at::conv2d(at::upsample_nearest2d(x, at::IntArrayRef{2 * x.size(2), 2 * x.size(3)}), weight, bias, 1,
                    1);
}

TEST(PhaseUpsampling, IsNearestNeighbourAndConvolution) {
  generator random(31);
  const std::vector<std::array<int64_t, 5>> sizes = {// n, i, o, h, w
                                                     {1, 1, 1, 1, 1},  {2, 3, 5, 4, 7},   {3, 8, 16, 1, 6},
                                                     {1, 16, 8, 5, 1}, {2, 24, 12, 9, 5}, {4, 8, 8, 6, 6}};
  for (const auto& [n, i, o, h, w] : sizes)
    for (const auto& [dtype, tolerance] : {std::pair(at::kFloat, 1e-5), std::pair(at::kDouble, 1e-13)}) {
      const at::Tensor x = random.normal({n, i, h, w}).to(dtype), bias = random.normal({o}).to(dtype);
      const at::Tensor weight = (random.normal({o, i, 3, 3}) / std::sqrt(9.0 * i)).to(dtype);
      for (const at::Tensor& b : {bias, at::Tensor()})
        for (const auto order : {at::MemoryFormat::Contiguous, at::MemoryFormat::ChannelsLast}) {
          const at::Tensor got = phase_upsampling(x.contiguous(order), weight.contiguous(order), b);
          ASSERT_EQ(got.sizes(), (at::IntArrayRef{n, o, 2 * h, 2 * w}));
          EXPECT_TRUE(got.is_contiguous(at::MemoryFormat::ChannelsLast));
          EXPECT_LE(largest_difference(got, plain(x, weight, b)), tolerance)
              << n << " x " << i << " x " << h << " x " << w << " -> " << o;
        }
    }
}

// Rows 1 2 4, 10 20 40, 100 200 400.
TEST(PhaseUpsampling, WeightsByHand) {
  const at::Tensor weight =
      at::outer(at::tensor({1.F, 10.F, 100.F}), at::tensor({1.F, 2.F, 4.F})).view({1, 1, 3, 3});
  const at::Tensor wanted = at::tensor({1, 6, 110, 660,      // even rows, even columns
                                        3, 4, 330, 440,      // even, odd
                                        11, 66, 100, 600,    // odd, even
                                        33, 44, 300, 400});  // odd, odd
  EXPECT_TRUE(at::equal(phase_weights(weight), wanted.to(at::kFloat).view({4, 1, 2, 2})));
}

// Numbers of 8 bits: f32 adds four of them exactly, and 16 bits would round twice.
TEST(PhaseUpsampling, SumsAreRoundedOnce) {
  generator random(32);
  const at::Tensor weight = (random.normal({16, 24, 3, 3}) * 60).round().clamp(-255, 255) / 128;
  for (const at::ScalarType dtype : {at::kBFloat16, at::kHalf})
    EXPECT_TRUE(at::equal(phase_weights(weight.to(dtype)), phase_weights(weight).to(dtype)));
}

/// Which way the layer went: in 16 bits the two round differently.
class UpsampleByPhases : public testing::Test {
 protected:
  UpsampleByPhases() {
    generator random(33);
    layer_.initialize(random, at::kBFloat16);
    conv_ = dynamic_cast<conv2d*>(layer_.find_child("conv"));
    x_ = random.normal({1, 256, 8, 16}).to(at::kBFloat16).contiguous(at::MemoryFormat::ChannelsLast);
  }
  bool by_phases(const at::Tensor& x) const {
    return at::equal(layer_.forward(x), phase_upsampling(x, conv_->weight, conv_->bias));
  }

  upsample_3d layer_{{256, 256}};
  conv2d* conv_;
  at::Tensor x_;
};

TEST_F(UpsampleByPhases, OnAGpuIn16Bits) {
  const c10::NoGradGuard inference;
  const at::Tensor wanted =
      plain(x_.to(at::kDouble), conv_->weight.to(at::kDouble), conv_->bias.to(at::kDouble));
  EXPECT_FALSE(by_phases(x_)) << "on a CPU";
  EXPECT_TRUE(at::equal(layer_.forward(x_), plain(x_, conv_->weight, conv_->bias)));
  const emulated_cuda emulation;
  EXPECT_TRUE(by_phases(x_));
  EXPECT_LE(largest_difference(layer_.forward(x_), wanted), 0.01 * wanted.abs().max().item<double>());
  EXPECT_FALSE(by_phases(x_.slice(2, 0, 4))) << "few pixels";
}

TEST_F(UpsampleByPhases, NotWhereSomethingElseIsAsked) {
  const emulated_cuda emulation;
  const c10::NoGradGuard inference;
  EXPECT_EQ(layer_.forward(x_, {17, 32}).size(2), 17) << "not twice";
  conv_->adapters.push_back(
      {at::zeros({1, 256, 3, 3}, x_.options()), at::zeros({256, 1, 1, 1}, x_.options())});
  EXPECT_FALSE(by_phases(x_)) << "an adapter";
  conv_->adapters.clear();
  {
    const c10::AutoGradMode mode(true);
    conv_->weight.set_requires_grad(true);
    EXPECT_TRUE(layer_.forward(x_).requires_grad());
    EXPECT_FALSE(by_phases(x_)) << "a gradient";
  }
  EXPECT_TRUE(by_phases(x_));
}

}  // namespace
}  // namespace zoetrope
