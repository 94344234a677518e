// What single backends are, and what the table of them refuses.
#include "attention/attention.hpp"

#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include <cmath>

#include "core/tensor/random.hpp"
#include "tests/attention/attention_cases.hpp"

namespace zoetrope {
namespace {

void expect_site_refused(const json& options, const attention_site& site, const std::string& part) {
  try {
    make_attention_backend(config(options), site);
    FAIL() << "no error; wanted one with: " << part;
  } catch (const error& failure) {
    EXPECT_EQ(failure.kind(), error_kind::bad_input);
    EXPECT_NE(std::string(failure.what()).find(part), std::string::npos) << failure.what();
  }
}

TEST(AttentionBackends, RefuseSitesThatTheyCannotServe) {
  expect_site_refused({{"type", "short"}}, {.layout = "spatial"}, "layout temporal");
  expect_site_refused({{"type", "linear"}}, {.masked = true}, "hide no pair");
  expect_site_refused({{"type", "linear"}}, {.relative = true}, "relative");
  expect_site_refused({{"type", "linear"}, {"feature", "relu"}}, {}, "neither elu nor softmax");
  expect_site_refused({{"type", "sliced"}, {"slice", 0}}, {}, "wanted 1 or more");
  expect_site_refused({{"type", "sliced"}, {"inner", {{"type", "sdpa"}}}}, {.relative = true},
                      "sdpa knows no relative");
}

TEST(SlicedAttention, IsTheInnerBackendBitForBit) {
  generator random(3);
  attention_input input{along_frames(random, 2, 7, 3, 6, 16), along_frames(random, 2, 7, 3, 6, 16),
                        along_frames(random, 2, 7, 3, 6, 16)};
  input.mask = random_scores(random, {7, 1, 6, 6});
  input.q_rotation = random_rotation(random, 6, 16);
  const auto by = [&](const json& options) {
    return make_attention_backend(config(options), {.layout = "temporal"})->forward(input);
  };
  for (const int slice : {1, 2, 3, 7, 50}) {
    EXPECT_TRUE(at::equal(by({{"type", "sliced"}, {"slice", slice}, {"inner", {{"type", "short"}}}}),
                          by({{"type", "short"}})));
    EXPECT_LE(largest_difference(by({{"type", "sliced"}, {"slice", slice}}), by({{"type", "dense"}})), 1e-6);
  }
}

// The explicit matrix of weights: rows of phi(q) phi(k)ᵀ, divided by their sums.
TEST(LinearAttention, IsItsMatrixOfWeights) {
  generator random(4);
  const at::Tensor q = random.normal({2, 3, 9, 8}), k = random.normal({2, 3, 11, 8}),
                   v = random.normal({2, 3, 11, 5});
  const double scale = 0.3, root = std::sqrt(scale);
  const auto by = [&](const char* feature) {
    return make_attention_backend(config(json{{"type", "linear"}, {"feature", feature}}))
        ->forward({q, k, v, scale});
  };
  const auto phi = [root](const at::Tensor& x) { return at::where(x > 0, x * root + 1, at::exp(x * root)); };
  const at::Tensor products = at::einsum("bhid,bhjd->bhij", {phi(q), phi(k)});
  const at::Tensor weights = products / products.sum(-1, true);
  EXPECT_LE(largest_difference(by("elu"), at::einsum("bhij,bhjd->bhid", {weights, v})), 1e-5);
  const at::Tensor efficient =
      at::einsum("bhid,bhjd->bhij", {at::softmax(q * root, 3), at::softmax(k * root, 2)});
  EXPECT_LE(largest_difference(efficient.sum(-1), at::ones({2, 3, 9})), 1e-5);
  EXPECT_LE(largest_difference(by("softmax"), at::einsum("bhij,bhjd->bhid", {efficient, v})), 1e-5);
}

TEST(AttentionBackends, UnknownNameListsTheKnownOnes) {
  try {
    attention_backends().find("dens");
    FAIL() << "no error";
  } catch (const error& failure) {
    EXPECT_NE(std::string(failure.what()).find("'dense'"), std::string::npos) << failure.what();
    EXPECT_NE(std::string(failure.what()).find("sdpa"), std::string::npos) << failure.what();
  }
}

}  // namespace
}  // namespace zoetrope
