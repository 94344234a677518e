// The flash and few-keys kernels, on every device, against `dense` in f64.
#include "attention/flash_attention.hpp"

#include <ATen/Parallel.h>
#include <gtest/gtest.h>

#include "core/error.hpp"
#include "tests/attention/attention_kernel_fixture.hpp"

namespace zoetrope {
namespace {

struct shape {
  int64_t batch, heads, tokens, keys, head_dim;
};

/// Below, at and over a tile of 64; one row; odd numbers of tiles; every number of rounds of 64 channels.
const std::vector<shape> shapes = {{1, 2, 64, 64, 64},  {2, 1, 1, 1, 8},     {1, 2, 65, 130, 40},
                                   {1, 1, 100, 77, 80}, {1, 1, 63, 65, 160}, {1, 1, 70, 129, 256},
                                   {2, 2, 17, 200, 24}, {1, 1, 200, 31, 64}, {1, 1, 70, 530, 64}};
/// What the kernels for sm_90a see: tiles of 128 queries, and of as many keys as there are channels; from 512
/// keys on of 128.
const std::vector<shape> hopper_shapes = {{2, 1, 252, 252, 64}, {1, 1, 63, 129, 128},  {1, 2, 77, 1, 64},
                                          {1, 1, 1, 191, 64},   {1, 2, 129, 257, 128}, {2, 1, 129, 512, 64}};

class FlashAttention : public AttentionKernelTest {
 protected:
  /// b n (heads d) -> b heads n d, by strides: how projections leave it.
  attention_input random_input(const shape& s, uint64_t seed) const {
    generator random(seed);
    const auto rows = [&](int64_t count) {
      return random.normal({s.batch, count, s.heads, s.head_dim}).to(device_, dtype_).transpose(1, 2);
    };
    return {rows(s.tokens), rows(s.keys), rows(s.keys)};
  }
  /// On an emulated Hopper those that its own kernels take: the others are as anywhere.
  static std::vector<shape> served(std::vector<shape> all) {
    const auto is_portable = [](const shape& s) { return s.head_dim != 64 && s.head_dim != 128; };
    if (std::get<0>(GetParam()) == "emulated_hopper") std::erase_if(all, is_portable);
    return all;
  }
  void expect_agrees_at(const shape& s) const {
    expect_agrees(random_input(s, 1), flash_attention,
                  concat(s.tokens, " x ", s.keys, ", head_dim ", s.head_dim));
  }
  template <class Attend>
  void expect_agrees(const attention_input& input, const Attend& attend, const std::string& what) const {
    AttentionKernelTest::expect_agrees(input, attend, what);
    EXPECT_EQ(attend(here(input)).strides(), input.q.strides()) << what;
  }
};

TEST_P(FlashAttention, IsDenseAttention) {
  for (const shape& s : served(shapes)) expect_agrees_at(s);
  for (const shape& s : hopper_shapes) expect_agrees_at(s);
}

TEST_P(FlashAttention, OfFewKeysIsDenseAttention) {
  for (const shape& s : {shape{2, 2, 150, 77, 64}, shape{1, 1, 1, 1, 8}, shape{1, 2, 65, 80, 40},
                         shape{1, 1, 33, 81, 120}, shape{1, 1, 40, 128, 128}, shape{1, 2, 1000, 77, 64},
                         shape{1, 1, 65, 63, 128}, shape{1, 1, 1, 1, 64}, shape{1, 1, 63, 81, 64}})
    expect_agrees(random_input(s, 2), few_keys_attention,
                  concat(s.tokens, " x ", s.keys, ", head_dim ", s.head_dim));
}

TEST_P(FlashAttention, KeysMayBeSharedByAllFrames) {
  attention_input input = random_input({3, 2, 65, 77, 64}, 12);
  for (at::Tensor* x : {&input.k, &input.v}) *x = x->slice(0, 0, 1).expand_as(*x);
  expect_agrees(input, flash_attention, "flash");
  expect_agrees(input, few_keys_attention, "few keys");
}

TEST_P(FlashAttention, AddsScoresAndHides) {
  for (const shape& s : {shapes[3], shapes[6]}) {
    attention_input input = random_input(s, 3);
    generator random(4);
    for (const auto& sizes : std::vector<std::vector<int64_t>>{
             {s.tokens, s.keys}, {s.heads, s.tokens, s.keys}, {s.batch, 1, s.tokens, s.keys}}) {
      input.mask = random_scores(random, sizes);
      expect_agrees(input, flash_attention, concat("scores of ", sizes.size(), " dimensions"));
      if (has_few_keys(input)) expect_agrees(input, few_keys_attention, "few keys with scores");
      input.mask = input.mask.gt(-0.5);
      expect_agrees(input, flash_attention, concat("a mask of ", sizes.size(), " dimensions"));
    }
    EXPECT_EQ(flash_attention(here(input)).select(-2, 1).abs().max().item<double>(),
              0.0);  // token 1 sees no key
  }
}

// The first tile of keys is hidden from everybody: nothing may come of its largest score, -infinity.
TEST_P(FlashAttention, ATileThatIsHiddenLeavesNoTrace) {
  attention_input input = random_input({1, 1, 20, 140, 16}, 5);
  input.mask = at::arange(140).ge(100).expand({20, 140});
  expect_agrees(input, flash_attention, "hidden");
}

TEST_P(FlashAttention, LargeScoresStayFinite) {
  attention_input input = random_input({1, 1, 30, 150, 32}, 6);
  input.scale = 40.0;  // scores beyond ±700, where exp without the largest subtracted overflows
  const at::Tensor got = flash_attention(input);
  EXPECT_TRUE(got.isfinite().all().item<bool>());
  EXPECT_LT(largest_difference(got, attend_with("dense", in_f64(input))), dtype_ == at::kFloat ? 1e-3 : 0.1);
}

TEST_P(FlashAttention, GradientsAreThoseOfDense) {
  for (const shape& s : served(shapes))
    for (const bool masked : {false, true}) {
      if (masked && s.tokens == 1) continue;
      attention_input input = random_input(s, 7);
      generator random(8);
      if (masked) input.mask = random_scores(random, {s.tokens, s.keys});
      const at::Tensor dy = random.normal({s.batch, s.heads, s.tokens, s.head_dim}).to(device_, dtype_);
      expect_gradients_agree(input, dy, flash_attention,
                             concat(s.tokens, " x ", s.keys, ", head_dim ", s.head_dim, ", masked ", masked));
    }
}

TEST_P(FlashAttention, RowsDoNotDependOnTheRestOfTheBatch) {
  const attention_input all = random_input({3, 2, 70, 90, 40}, 9);
  const at::Tensor together = flash_attention(all), few = few_keys_attention(all);
  const auto one = [](const at::Tensor& x) { return x.slice(0, 1, 2); };
  const attention_input part{one(all.q).slice(2, 5, 40), one(all.k), one(all.v)};
  EXPECT_TRUE(at::equal(one(together).slice(2, 5, 40), flash_attention(part)));
  EXPECT_TRUE(at::equal(one(few).slice(2, 5, 40), few_keys_attention(part)));
}

INSTANTIATE_TEST_SUITE_P(Devices, FlashAttention, attention_kernel_devices(), device_and_dtype);
INSTANTIATE_TEST_SUITE_P(Hopper, FlashAttention, emulated_hopper(), device_and_dtype);

TEST(FlashAttentionOnCpu, GradientsAreCentralDifferencesInF64) {
  generator random(10);
  const auto rows = [&](int64_t count) { return random.normal({1, 2, count, 8}).to(at::kDouble); };
  const attention_input input{rows(67), rows(66), rows(66)};
  const at::Tensor dy = rows(67);
  expect_central_differences(input, dy, flash_attention, 97, 1e-7);
}

TEST(FlashAttentionOnCpu, NoResultDependsOnTheNumberOfThreads) {
  generator random(11);
  const auto rows = [&](int64_t count) { return random.normal({2, 3, count, 40}); };
  const attention_input input{rows(150), rows(170), rows(170)};
  const at::Tensor dy = rows(150);
  const int threads = at::get_num_threads();
  at::set_num_threads(1);
  const attention_gradients one = differentiated(input, dy, flash_attention);
  at::set_num_threads(3);
  const attention_gradients many = differentiated(input, dy, flash_attention);
  at::set_num_threads(threads);
  EXPECT_TRUE(at::equal(one.y, many.y) && at::equal(one.dq, many.dq) && at::equal(one.dk, many.dk) &&
              at::equal(one.dv, many.dv));
}

TEST(FlashAttentionOnCpu, SaysWhatItDoesNotServe) {
  const at::Tensor q = at::zeros({1, 1, 4, 16});
  EXPECT_THROW(flash_attention({.q = q, .k = q, .v = q, .relative_k = at::zeros({4, 4, 16})}), error);
  const at::Tensor many = at::zeros({1, 1, 129, 16});
  EXPECT_FALSE(has_few_keys({q, many, many}));
  EXPECT_THROW(few_keys_attention({q, many, many}), error);
  EXPECT_FALSE(has_few_keys({q.clone().requires_grad_(), q, q}));
}

}  // namespace
}  // namespace zoetrope
