// Our GroupNorm + SiLU kernels against libtorch's 5-D group_norm in f64, on every device there is.
#include "models/group_norm_silu.hpp"

#include <ATen/ATen.h>
#include <ATen/Parallel.h>
#include <c10/core/GradMode.h>
#include <gtest/gtest.h>

#include "core/error.hpp"
#include "core/tensor/random.hpp"
#include "tests/cuda_emulation/device_test.hpp"

namespace zoetrope {
namespace {

struct shape {
  int64_t clips, frames, channels, groups, height, width;
};

struct results {
  at::Tensor y, dx, dweight, dbias;
};

/// c of one group 1, 3, 10, 40, all; odd sizes; clips of 1, 5 and 8 frames; below, at and over a chunk of 128
/// positions; channels that no vector width divides.
const std::vector<shape> shapes = {{1, 1, 32, 32, 5, 7},    {2, 5, 96, 32, 3, 9},   {2, 8, 320, 32, 6, 4},
                                   {1, 8, 1280, 32, 5, 3},  {3, 1, 6, 1, 17, 19},   {1, 1, 64, 32, 8, 16},
                                   {2, 1, 1, 1, 1, 1},      {1, 3, 15, 5, 1, 130},  {2, 8, 80, 2, 13, 1},
                                   {4, 1, 320, 32, 24, 21}, {1, 2, 2560, 32, 2, 5}, {5, 2, 8, 4, 1, 1}};

class GroupNormSilu : public DeviceTest {
 protected:
  /// Rounding of y, which is of order 1, in units of the dtype's epsilon.
  double tolerance() const { return dtype_ == at::kFloat ? 4e-6 : dtype_ == at::kHalf ? 2e-3 : 1.6e-2; }

  group_norm_silu_input random_problem(const shape& s, uint64_t seed, double scale = 1,
                                       double offset = 0) const {
    generator random(seed);
    const at::Tensor x = random.normal({s.clips * s.frames, s.channels, s.height, s.width}) * scale + offset;
    const at::Tensor weight = random.normal({s.channels}) + 1, bias = random.normal({s.channels});
    return {x.to(device_, dtype_),
            weight.to(device_, dtype_),
            bias.to(device_, dtype_),
            s.groups,
            1e-5,
            s.frames};
  }
};

/// libtorch's own norm of the 5-D tensor, in f64 on the CPU.
at::Tensor oracle(const group_norm_silu_input& in) {
  const auto f64 = [](const at::Tensor& t) { return t.to(at::kCPU, at::kDouble); };
  const int64_t c = in.x.size(1), h = in.x.size(2), w = in.x.size(3);
  // (b f) c h w -> b c f h w
  const at::Tensor clips = f64(in.x).reshape({-1, in.frames, c, h, w}).permute({0, 2, 1, 3, 4}).contiguous();
  at::Tensor y = at::group_norm(clips, in.groups, f64(in.weight), f64(in.bias), in.eps);
  if (in.silu) y = at::silu(y);
  return y.permute({0, 2, 1, 3, 4}).reshape({-1, c, h, w});
}

/// Output and gradients of `run` for the loss sum(y * dy).
template <class Run>
results differentiated(group_norm_silu_input in, const at::Tensor& dy, const Run& run) {
  in.x = in.x.detach().requires_grad_();
  in.weight = in.weight.detach().requires_grad_();
  in.bias = in.bias.detach().requires_grad_();
  const at::Tensor y = run(in);
  (y * dy.to(y.device(), y.scalar_type())).sum().backward();
  return {y.detach(), in.x.grad(), in.weight.grad(), in.bias.grad()};
}

double worst_difference(const at::Tensor& got, const at::Tensor& wanted) {
  return (got.to(at::kCPU, at::kDouble) - wanted.to(at::kCPU, at::kDouble)).abs().max().item<double>();
}

double largest(const at::Tensor& t) { return t.abs().max().item<double>(); }

TEST_P(GroupNormSilu, IsTheNormOfTheFiveDimensionalTensor) {
  for (const shape& s : shapes)
    for (const bool silu : {false, true}) {
      group_norm_silu_input in = random_problem(s, 1);
      in.silu = silu;
      const at::Tensor wanted = oracle(in), got = group_norm_silu(in);
      EXPECT_EQ(got.scalar_type(), dtype_);
      EXPECT_EQ(got.sizes(), in.x.sizes());
      EXPECT_TRUE(got.is_contiguous(at::MemoryFormat::ChannelsLast));
      EXPECT_LT(worst_difference(got, wanted), tolerance() * std::max(1.0, largest(wanted)))
          << s.channels << " channels, " << s.height << " x " << s.width << ", silu " << silu;
    }
}

TEST_P(GroupNormSilu, TakesAnyStrides) {
  const group_norm_silu_input in = random_problem({2, 2, 12, 3, 10, 14}, 2);
  const auto checked = [&](const at::Tensor& x, const char* layout) {
    group_norm_silu_input strided = in;
    strided.x = x;
    EXPECT_LT(worst_difference(group_norm_silu(strided), oracle(strided)), 4 * tolerance()) << layout;
  };
  checked(in.x.contiguous(), "contiguous");
  checked(in.x.contiguous(at::MemoryFormat::ChannelsLast), "channels-last");
  checked(in.x.slice(2, 1, 9, 2), "every second row");
  checked(in.x.transpose(2, 3), "transposed");
  checked(in.x.slice(0, 0, 2).expand({2, 12, 10, 14}), "expanded");
  checked(at::cat({in.x, in.x}, 1).contiguous(at::MemoryFormat::ChannelsLast).slice(1, 5, 17),
          "some channels");
  checked(at::constant_pad_nd(in.x.permute({0, 2, 3, 1}).reshape({-1}), {1, 0})
              .slice(0, 1)
              .view({4, 10, 14, 12})
              .permute({0, 3, 1, 2}),
          "channels-last, not aligned to a vector");
}

TEST_P(GroupNormSilu, EpsCountsWhereActivationsAreTiny) {
  group_norm_silu_input in = random_problem({2, 2, 64, 32, 9, 9}, 3, 1e-3);
  const double with_small = largest(oracle(in));
  for (const double eps : {1e-6, 1e-5, 1e-2}) {
    in.eps = eps;
    EXPECT_LT(worst_difference(group_norm_silu(in), oracle(in)), 2 * tolerance()) << eps;
  }
  EXPECT_GT(with_small, 1.1 * largest(oracle(in)));  // the case would not tell otherwise
}

TEST_P(GroupNormSilu, ALargeMeanDoesNotDrownASmallVariance) {
  if (dtype_ != at::kFloat) GTEST_SKIP() << "16-bit inputs cannot hold such values";
  const group_norm_silu_input in = random_problem({2, 4, 40, 4, 20, 20}, 4, 1.0, 1e4);
  // The mean itself is f32 within the kernel: half a unit in the last place of 1e4 is 4.9e-4.
  EXPECT_LT(worst_difference(group_norm_silu(in), oracle(in)), 2e-3);
}

// The worst case for a variance about the first sample: its error grows with the length of a chunk, no
// further.
TEST_P(GroupNormSilu, AnOutlierInTheFirstRowKeepsTheVarianceAccurate) {
  if (dtype_ != at::kFloat) GTEST_SKIP() << "16-bit inputs cannot hold such values";
  group_norm_silu_input in = random_problem({1, 1, 8, 4, 32, 32}, 5);
  in.x.index({0, at::indexing::Slice(), 0, 0}).fill_(1e5);
  const at::Tensor wanted = oracle(in);
  EXPECT_LT(worst_difference(group_norm_silu(in), wanted), 5e-5 * largest(wanted));
}

TEST_P(GroupNormSilu, GradientsAreThoseOfTheOracle) {
  for (const shape& s : shapes)
    for (const bool silu : {false, true}) {
      group_norm_silu_input in = random_problem(s, 6);
      in.silu = silu;
      in.eps = 1e-3;
      const at::Tensor dy = generator(7).normal(in.x.sizes()).to(dtype_);
      const results wanted = differentiated(in, dy, oracle), got = differentiated(in, dy, group_norm_silu);
      // The f64 oracle sees the same 16-bit inputs; what is rounded is the result, and dy through the
      // product.
      const double bound = 5 * tolerance();
      EXPECT_EQ(got.dx.scalar_type(), dtype_);
      EXPECT_LT(worst_difference(got.dx, wanted.dx), bound * std::max(1.0, largest(wanted.dx))) << s.channels;
      EXPECT_LT(worst_difference(got.dweight, wanted.dweight),
                bound * std::max(1.0, largest(wanted.dweight)));
      EXPECT_LT(worst_difference(got.dbias, wanted.dbias), bound * std::max(1.0, largest(wanted.dbias)));
    }
}

TEST_P(GroupNormSilu, AShiftIsAddedFirst) {
  for (const shape& s : shapes)
    for (const int64_t frames : {int64_t{1}, s.frames}) {  // statistics of parts of what shares a shift, too
      group_norm_silu_input in = random_problem(s, 15);
      in.frames = frames;
      in.silu = true;
      const at::Tensor shift = (generator(16).normal({s.clips, s.channels}) * 3).to(device_, dtype_);
      const auto f64 = [](const at::Tensor& t) { return t.to(at::kCPU, at::kDouble); };
      group_norm_silu_input sum = in;
      sum.x = f64(in.x) + f64(shift).repeat_interleave(s.frames, 0).unsqueeze(-1).unsqueeze(-1);
      const at::Tensor wanted = oracle(sum);
      // A sum that is rounded to the dtype is the worst there is.
      const double bound = 4 * tolerance() * std::max(1.0, largest(wanted));
      const auto shifted = [&](const at::Tensor& by) {
        group_norm_silu_input fresh = in;
        fresh.x = in.x.clone();
        fresh.shift = by;
        return group_norm_silu(fresh);
      };
      {
        const c10::NoGradGuard inference;
        EXPECT_LT(worst_difference(shifted(shift), wanted), bound) << s.channels << ", frames " << frames;
      }
      const at::Tensor leaf = shift.clone().requires_grad_(), recorded = shifted(leaf);
      EXPECT_LT(worst_difference(recorded.detach(), wanted), bound) << s.channels << ", frames " << frames;
      recorded.sum().backward();
      EXPECT_TRUE(leaf.grad().defined());
    }
}

TEST_P(GroupNormSilu, ExtremeValuesStayFinite) {
  group_norm_silu_input in = random_problem({1, 1, 4, 2, 8, 8}, 8);
  in.silu = true;
  in.weight = at::full_like(in.weight, 200);  // arguments of the sigmoid beyond ±87
  const results got = differentiated(in, at::ones_like(in.x), group_norm_silu);
  const at::Tensor wanted = oracle(in);
  EXPECT_LT(worst_difference(got.y, wanted), tolerance() * largest(wanted));
  EXPECT_TRUE(got.dx.isfinite().all().item<bool>());
}

TEST_P(GroupNormSilu, ANanStaysInItsClipAndGroup) {
  group_norm_silu_input in = random_problem({3, 2, 8, 4, 5, 5}, 9);
  in.silu = true;
  in.x.index({2, 3, 1, 1}).fill_(std::nan(""));  // clip 1, group 1
  const at::Tensor nan = group_norm_silu(in).isnan().cpu();
  EXPECT_TRUE(nan.slice(0, 2, 4).slice(1, 2, 4).all().item<bool>());
  EXPECT_EQ(nan.sum().item<int64_t>(), 2 * 2 * 5 * 5);
}

TEST_P(GroupNormSilu, WithoutGradientGivesTheSameBits) {
  group_norm_silu_input in = random_problem({2, 3, 32, 8, 7, 6}, 10);
  in.silu = true;
  const at::Tensor plain = group_norm_silu(in);
  EXPECT_FALSE(plain.requires_grad());
  in.weight.requires_grad_();
  const at::Tensor tracked = group_norm_silu(in);
  EXPECT_TRUE(tracked.requires_grad());
  EXPECT_TRUE(at::equal(plain, tracked.detach()));
}

TEST_P(GroupNormSilu, ManyClipsPassTheLimitsOfAGrid) {
  if (emulation_) GTEST_SKIP() << "100 million threads take minutes, one by one";
  group_norm_silu_input in = random_problem({70000, 1, 8, 2, 1, 2}, 11);
  EXPECT_LT(worst_difference(group_norm_silu(in), oracle(in)), 8 * tolerance());
}

INSTANTIATE_TEST_SUITE_P(Devices, GroupNormSilu,
                         testing::Values(std::tuple("cpu", "f32"), std::tuple("cpu", "bf16"),
                                         std::tuple("cpu", "f16"), std::tuple("cuda", "f32"),
                                         std::tuple("cuda", "f16"), std::tuple("cuda", "bf16"),
                                         std::tuple("emulated", "f32"), std::tuple("emulated", "f16"),
                                         std::tuple("emulated", "bf16")),
                         [](const auto& info) {
                           return std::get<0>(info.param) + "_" + std::get<1>(info.param);
                         });

group_norm_silu_input cpu_problem(at::IntArrayRef sizes, int64_t groups, int64_t frames) {
  generator random(12);
  return {
      random.normal(sizes), random.normal({sizes[1]}), random.normal({sizes[1]}), groups, 1e-5, frames, true};
}

TEST(GroupNormSiluOnCpu, NoResultDependsOnTheNumberOfThreads) {
  const group_norm_silu_input in = cpu_problem({6, 96, 30, 31}, 32, 3);
  const at::Tensor dy = generator(13).normal(in.x.sizes());
  const int threads = at::get_num_threads();
  at::set_num_threads(1);
  const results one = differentiated(in, dy, group_norm_silu);
  for (const int count : {2, 3}) {
    at::set_num_threads(count);
    const results many = differentiated(in, dy, group_norm_silu);
    EXPECT_TRUE(at::equal(one.y, many.y)) << count;
    EXPECT_TRUE(at::equal(one.dx, many.dx)) << count;
    EXPECT_TRUE(at::equal(one.dweight, many.dweight)) << count;
    EXPECT_TRUE(at::equal(one.dbias, many.dbias)) << count;
  }
  at::set_num_threads(threads);
}

TEST(GroupNormSiluOnCpu, F64IsTheSameMathsExactly) {
  group_norm_silu_input in = cpu_problem({4, 12, 5, 7}, 3, 2);
  in.x = in.x.to(at::kDouble);
  in.weight = in.weight.to(at::kDouble);
  in.bias = in.bias.to(at::kDouble);
  const at::Tensor dy = generator(14).normal(in.x.sizes()).to(at::kDouble);
  const results got = differentiated(in, dy, group_norm_silu), wanted = differentiated(in, dy, oracle);
  EXPECT_EQ(got.y.scalar_type(), at::kDouble);
  EXPECT_LT(worst_difference(got.y, wanted.y), 1e-12);
  EXPECT_LT(worst_difference(got.dx, wanted.dx), 1e-12);
}

TEST(GroupNormSiluOnCpu, AnEmptyBatchGivesAnEmptyResult) {
  EXPECT_EQ(group_norm_silu(cpu_problem({0, 8, 4, 4}, 2, 3)).sizes(), at::IntArrayRef({0, 8, 4, 4}));
}

void expect_refused(const group_norm_silu_input& in, const std::string& part) {
  try {
    group_norm_silu(in);
    FAIL() << "no error was thrown; wanted one with: " << part;
  } catch (const error& failure) {
    EXPECT_EQ(failure.kind(), error_kind::runtime);
    EXPECT_NE(std::string(failure.what()).find(part), std::string::npos) << failure.what();
  }
}

TEST(GroupNormSiluOnCpu, ShapesThatDoNotFitAreRefused) {
  const group_norm_silu_input good = cpu_problem({4, 12, 5, 7}, 3, 2);
  group_norm_silu_input in = good;
  in.frames = 3;
  expect_refused(in, "4 frames are no multiple of a clip of 3");
  in.frames = 0;
  expect_refused(in, "no multiple of a clip of 0");
  in = good;
  in.groups = 5;
  expect_refused(in, "12 channels are not divisible by 5 groups");
  in.groups = 0;
  expect_refused(in, "not divisible by 0 groups");
  in = good;
  in.weight = at::ones({11});
  expect_refused(in, "must be [12]");
  in = good;
  in.bias = at::Tensor();
  expect_refused(in, "must be [12]");
  in = good;
  in.x = at::ones({4, 12, 5});
  expect_refused(in, "4 dimensions");
  in.x = at::ones({4, 12, 5, 7}, at::kLong);
  expect_refused(in, "floating-point");
  in.x = at::Tensor();
  expect_refused(in, "floating-point");
}

}  // namespace
}  // namespace zoetrope
