// The short kernels, on every device, against `dense` in f64.
#include "attention/short_attention.hpp"

#include <ATen/Parallel.h>
#include <gtest/gtest.h>

#include "core/error.hpp"
#include "tests/attention/attention_kernel_fixture.hpp"

namespace zoetrope {
namespace {

struct shape {
  int64_t batch, pixels, heads, tokens, keys, head_dim;
};

/// One token; whole and odd numbers of vectors and of mma tiles; keys that are not the tokens; the most of
/// both; an odd number of jobs of at most 8 tokens, which share tiles.
const std::vector<shape> shapes = {{1, 3, 2, 8, 8, 40},    {2, 2, 1, 1, 1, 8},     {2, 2, 3, 16, 16, 80},
                                   {1, 2, 2, 24, 24, 160}, {1, 2, 2, 7, 13, 64},   {1, 1, 2, 33, 5, 72},
                                   {1, 2, 1, 64, 64, 48},  {1, 1, 1, 50, 64, 256}, {2, 6, 2, 12, 12, 16},
                                   {1, 3, 1, 5, 7, 160},   {1, 3, 3, 8, 8, 80},    {1, 1, 2, 20, 30, 96}};

class ShortAttention : public AttentionKernelTest {
 protected:
  attention_input random_input(const shape& s, uint64_t seed) const {
    generator random(seed);
    const auto rows = [&](int64_t tokens) {
      return along_frames(random, s.batch, s.pixels, s.heads, tokens, s.head_dim).to(device_, dtype_);
    };
    attention_input input{rows(s.tokens), rows(s.keys), rows(s.keys)};
    return input;
  }
  void expect_agrees(const attention_input& input, const std::string& what) const {
    AttentionKernelTest::expect_agrees(input, short_attention, what);
  }
};

TEST_P(ShortAttention, IsDenseAttention) {
  for (const shape& s : shapes)
    expect_agrees(random_input(s, 1), concat(s.tokens, " x ", s.keys, " tokens, head_dim ", s.head_dim));
}

TEST_P(ShortAttention, ResultLiesAsQueriesDo) {
  const attention_input input = random_input({2, 3, 2, 5, 5, 16}, 2);
  EXPECT_EQ(short_attention(input).strides(), input.q.strides());
}

TEST_P(ShortAttention, TakesAnyStrides) {
  attention_input input = random_input({2, 3, 2, 6, 6, 16}, 3);
  const attention_input plain = input;
  for (at::Tensor* x : {&input.q, &input.k, &input.v}) *x = x->contiguous();
  expect_agrees(input, "contiguous");
  input = plain;
  input.k = plain.k.slice(1, 0, 1).expand_as(plain.k);
  input.v = plain.v.slice(1, 0, 1).expand_as(plain.v);
  expect_agrees(input, "keys shared by all pixels");
  const at::Tensor wide = at::cat({plain.q, plain.k, plain.v}, -1);
  input = {wide.slice(-1, 0, 16), wide.slice(-1, 16, 32), wide.slice(-1, 32, 48)};
  expect_agrees(input, "slices of one projection");
  input = {wide.slice(-1, 3, 19), wide.slice(-1, 1, 17), wide.slice(-1, 30, 46)};
  expect_agrees(input, "not aligned");
  input = {plain.q.transpose(-1, -2).contiguous().transpose(-1, -2), plain.k, plain.v};
  expect_agrees(input, "channels apart");
  expect_agrees({plain.q[0], plain.k[0], plain.v[0]}, "one dimension of batch");
}

TEST_P(ShortAttention, AddsScoresAndHides) {
  for (const shape& s : {shapes[0], shapes[4], shapes[5], shapes[8]}) {
    attention_input input = random_input(s, 4);
    generator random(5);
    for (const auto& sizes :
         std::vector<std::vector<int64_t>>{{s.tokens, s.keys},
                                           {s.heads, s.tokens, s.keys},
                                           {s.batch, 1, 1, s.tokens, s.keys},
                                           {s.batch, s.pixels, s.heads, s.tokens, s.keys}}) {
      input.mask = random_scores(random, sizes);
      expect_agrees(input, concat("scores of ", sizes.size(), " dimensions"));
      input.mask = input.mask.gt(-0.5);
      expect_agrees(input, concat("a mask of ", sizes.size(), " dimensions"));
    }
    EXPECT_EQ(short_attention(here(input)).select(-2, 1).abs().max().item<double>(),
              0.0);  // token 1 sees no key
  }
}

TEST_P(ShortAttention, Rotates) {
  for (const shape& s : {shapes[0], shapes[3], shapes[4]}) {
    attention_input input = random_input(s, 6);
    generator random(7);
    input.q_rotation = random_rotation(random, s.tokens, s.head_dim);
    expect_agrees(input, "queries");
    input.k_rotation = random_rotation(random, s.keys, s.head_dim);
    expect_agrees(input, "queries and keys");
    for (at::Tensor* x : {&input.q_rotation.cosine, &input.q_rotation.sine})
      *x = x->unsqueeze(0).expand({s.pixels, -1, -1});
    expect_agrees(input, "by pixel");
  }
}

TEST_P(ShortAttention, KnowsRelativeTables) {
  for (const shape& s : {shapes[0], shapes[2], shapes[4], shapes[5]}) {
    attention_input input = random_input(s, 8);
    generator random(9);
    const auto table = [&] {
      return (random.normal({s.tokens, s.keys, s.head_dim}) * 0.5).to(device_, dtype_);
    };
    input.relative_k = table();
    expect_agrees(input, "keys");
    input.relative_v = table();
    input.mask = random_scores(random, {s.tokens, s.keys});
    expect_agrees(input, "keys, values and scores");
  }
}

TEST_P(ShortAttention, GradientsAreThoseOfDense) {
  for (const shape& s : shapes)
    for (const bool more : {false, true}) {
      attention_input input = random_input(s, 10);
      generator random(11);
      if (more) {
        input.mask = random_scores(random, {s.tokens, s.keys});
        input.q_rotation = random_rotation(random, s.tokens, s.head_dim);
        input.k_rotation = random_rotation(random, s.keys, s.head_dim);
      }
      const at::Tensor dy =
          along_frames(random, s.batch, s.pixels, s.heads, s.tokens, s.head_dim).to(device_, dtype_);
      expect_gradients_agree(input, dy, short_attention,
                             concat(s.tokens, " x ", s.keys, ", head_dim ", s.head_dim));
    }
}

TEST_P(ShortAttention, WithoutGradientGivesTheSameBits) {
  attention_input input = random_input(shapes[3], 12);
  const at::Tensor plain = short_attention(input);
  EXPECT_FALSE(plain.requires_grad());
  input.k = input.k.detach().requires_grad_();
  EXPECT_TRUE(at::equal(plain, short_attention(input).detach()));
}

TEST_P(ShortAttention, RowsDoNotDependOnTheRestOfTheBatch) {
  const attention_input all = random_input({2, 5, 2, 9, 9, 24}, 13);
  const at::Tensor together = short_attention(all);
  for (int64_t i = 0; i < 5; ++i) {
    const auto one = [i](const at::Tensor& x) { return x.slice(1, i, i + 1).slice(0, 1, 2); };
    EXPECT_TRUE(at::equal(one(together), short_attention({one(all.q), one(all.k), one(all.v)})));
  }
}

INSTANTIATE_TEST_SUITE_P(Devices, ShortAttention, attention_kernel_devices(), device_and_dtype);

attention_input f64_input() {
  generator random(14);
  const auto rows = [&](int64_t tokens) { return along_frames(random, 1, 2, 2, tokens, 8).to(at::kDouble); };
  attention_input input{rows(5), rows(6), rows(6)};
  input.mask = random_scores(random, {5, 6}).to(at::kDouble);
  input.q_rotation = random_rotation(random, 5, 8);
  input.k_rotation = random_rotation(random, 6, 8);
  for (at::Tensor* x :
       {&input.q_rotation.cosine, &input.q_rotation.sine, &input.k_rotation.cosine, &input.k_rotation.sine})
    *x = x->to(at::kDouble);
  return input;
}

TEST(ShortAttentionOnCpu, GradientsAreCentralDifferencesInF64) {
  const attention_input input = f64_input();
  const at::Tensor dy = generator(15).normal({1, 2, 2, 5, 8}).to(at::kDouble);
  const attention_gradients got = differentiated(input, dy, short_attention);
  const auto loss = [&](const attention_input& x) { return (short_attention(x) * dy).sum().item<double>(); };
  constexpr double step = 1e-6;
  for (at::Tensor attention_input::*part : {&attention_input::q, &attention_input::k, &attention_input::v}) {
    const at::Tensor gradient = part == &attention_input::q   ? got.dq
                                : part == &attention_input::k ? got.dk
                                                              : got.dv;
    const at::Tensor flat = gradient.flatten();
    for (int64_t i = 0; i < flat.numel(); i += 7) {
      attention_input up = input, down = input;
      at::Tensor nudge = at::zeros_like(flat);
      nudge[i] = step;
      up.*part = input.*part + nudge.view(gradient.sizes());
      down.*part = input.*part - nudge.view(gradient.sizes());
      EXPECT_NEAR(flat[i].item<double>(), (loss(up) - loss(down)) / (2 * step), 1e-8);
    }
  }
}

TEST(ShortAttentionOnCpu, TablesGetTheirGradientsThroughDense) {
  attention_input input = f64_input();
  generator random(16);
  const at::Tensor scores = random.normal({5, 6}).to(at::kDouble).requires_grad_(),
                   keys = random.normal({5, 6, 8}).to(at::kDouble).requires_grad_();
  input.mask = scores;
  input.relative_k = keys;
  short_attention(input).square().sum().backward();
  const at::Tensor scores_grad = scores.grad().clone(), keys_grad = keys.grad().clone();
  scores.mutable_grad() = keys.mutable_grad() = at::Tensor();
  attend_with("dense", input).square().sum().backward();
  EXPECT_LT(largest_difference(scores_grad, scores.grad()), 1e-12);
  EXPECT_LT(largest_difference(keys_grad, keys.grad()), 1e-12);
}

TEST(ShortAttentionOnCpu, NoResultDependsOnTheNumberOfThreads) {
  generator random(17);
  const auto rows = [&] { return along_frames(random, 2, 130, 4, 12, 40); };
  const attention_input input{rows(), rows(), rows()};
  const at::Tensor dy = rows();
  const int threads = at::get_num_threads();
  at::set_num_threads(1);
  const attention_gradients one = differentiated(input, dy, short_attention);
  for (const int count : {2, 3}) {
    at::set_num_threads(count);
    const attention_gradients many = differentiated(input, dy, short_attention);
    EXPECT_TRUE(at::equal(one.y, many.y) && at::equal(one.dq, many.dq) && at::equal(one.dk, many.dk) &&
                at::equal(one.dv, many.dv))
        << count;
  }
  at::set_num_threads(threads);
}

TEST(ShortAttentionOnCpu, ServesMoreRowsThanLibtorchsKernelsOnAGpu) {
  generator random(18);
  const attention_input input{random.normal({70000, 1, 2, 8}), random.normal({70000, 1, 2, 8}),
                              random.normal({70000, 1, 2, 8})};
  const at::Tensor wanted = attend_with("dense", input);
  EXPECT_LT(largest_difference(short_attention(input), wanted), 1e-5);
}

void expect_refused(const attention_input& input, error_kind kind, const std::string& part) {
  try {
    short_attention(input);
    FAIL() << "no error was thrown; wanted one with: " << part;
  } catch (const error& failure) {
    EXPECT_EQ(failure.kind(), kind);
    EXPECT_NE(std::string(failure.what()).find(part), std::string::npos) << failure.what();
  }
}

TEST(ShortAttentionOnCpu, SaysWhatItDoesNotServe) {
  const auto rows = [](int64_t tokens, int64_t channels) { return at::zeros({1, 1, tokens, channels}); };
  expect_refused({rows(4, 84), rows(4, 84), rows(4, 84)}, error_kind::runtime,
                 "short attention: head_dim 84 is not a multiple of 8");
  expect_refused({rows(4, 264), rows(4, 264), rows(4, 264)}, error_kind::runtime,
                 "head_dim 264 is more than 256");
  expect_refused({rows(4, 8), rows(4, 8), rows(4, 16)}, error_kind::runtime, "values of 16 channels");
  expect_refused({rows(65, 8), rows(4, 8), rows(4, 8)}, error_kind::usage,
                 "65 tokens, but it serves at most 64");
  expect_refused({rows(4, 8), rows(80, 8), rows(80, 8)}, error_kind::usage, "use the backend sdpa or flash");
}

TEST(ShortAttentionOnCpu, ANanStaysInItsRow) {
  generator random(19);
  attention_input input{random.normal({1, 2, 4, 8}), random.normal({1, 2, 4, 8}),
                        random.normal({1, 2, 4, 8})};
  input.q.index({0, 1, 2, 3}).fill_(std::nan(""));
  const at::Tensor nan = short_attention(input).isnan();
  EXPECT_TRUE(nan.index({0, 1, 2}).all().item<bool>());
  EXPECT_EQ(nan.sum().item<int64_t>(), 8);
}

TEST(ShortAttentionOnCpu, MetaTensorsGetShapeAndStrides) {
  generator random(20);
  const at::Tensor q = along_frames(random, 2, 3, 2, 5, 16).to(at::kMeta);
  const at::Tensor y = short_attention({q, q, q});
  EXPECT_TRUE(y.is_meta());
  EXPECT_EQ(y.sizes(), q.sizes());
  EXPECT_EQ(y.strides(), q.strides());
}

TEST(ShortAttentionOnCpu, AnEmptyBatchGivesAnEmptyResult) {
  const at::Tensor q = at::zeros({0, 2, 3, 8});
  EXPECT_EQ(short_attention({q, q, q}).sizes(), q.sizes());
}

}  // namespace
}  // namespace zoetrope
