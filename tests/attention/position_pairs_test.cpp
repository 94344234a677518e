// Positions that add to pairs or turn queries and keys, against their papers' formulas in plain loops.
#include "attention/position.hpp"

#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>

#include "core/tensor/weights.hpp"
#include "tests/attention/made_positions.hpp"
#include "tests/attention/whole_attention.hpp"

namespace zoetrope {
namespace {

// Shaw et al. 2018, eq. 3 and 4, pair by pair, with a distance that is clipped.
TEST(RelativeKvPosition, IsTheDoubleLoopOfThePaper) {
  constexpr int64_t n = 5, d = 4, most = 2;
  const auto part = made({{"type", "relative_kv"}, {"maximum_distance", most}}, frames, 1, d);
  fill(*part);
  const at::Tensor keys = state_of(*part).at("relative_position_k.embeddings_table"),
                   values = state_of(*part).at("relative_position_v.embeddings_table");
  ASSERT_EQ(keys.sizes(), (std::vector<int64_t>{5, d}));
  attention_input input = between(1, n, d);
  const at::Tensor q = input.q[0][0], k = input.k[0][0], v = input.v[0][0];
  part->attach(input, frame_by_frame(n));
  const at::Tensor got = make_attention_backend(config(json{{"type", "dense"}}))->forward(input)[0][0];
  for (int64_t i = 0; i < n; ++i) {
    std::vector<double> weights(n);
    double total = 0;
    const auto row = [&](int64_t j) { return std::clamp<int64_t>(j - i, -most, most) + most; };
    for (int64_t j = 0; j < n; ++j)
      total += weights[j] = std::exp(q[i].dot(k[j] + keys[row(j)]).item<double>() / std::sqrt(double{d}));
    at::Tensor want = at::zeros({d}, at::kDouble);
    for (int64_t j = 0; j < n; ++j) want = want + (v[j] + values[row(j)]) * (weights[j] / total);
    EXPECT_LE(largest_difference(got[i], want), 1e-12);
  }
}

TEST(RelativeKvPosition, IsAboutFramesAlone) {
  expect_refused({{"type", "relative_kv"}}, pixels, "layout temporal");
  expect_refused({{"type", "relative_kv"}}, all_axes, "layout temporal");
  expect_refused({{"type", "relative_kv"}, {"maximum_distance", 0}}, frames, "maximum_distance");
}

// SiLU network of the differences of one pair, in loops
std::vector<double> network_of(const tensor_map& weights, std::vector<double> x) {
  for (const char* name : {"net.0.0.", "net.1.0.", "net.2."}) {
    const at::Tensor w = weights.at(std::string(name) + "weight"), b = weights.at(std::string(name) + "bias");
    std::vector<double> y;
    for (int64_t row = 0; row < w.size(0); ++row) {
      double sum = b[row].item<double>();
      for (int64_t i = 0; i < w.size(1); ++i) sum += w[row][i].item<double>() * x[i];
      y.push_back(std::string(name) == "net.2." ? sum : sum / (1 + std::exp(-sum)));
    }
    x = y;
  }
  return x;
}

TEST(MlpBiasPosition, IsTheNetworkOfEachPairsDifference) {
  const clip_size size{.height = 2, .width = 3};
  for (const bool log : {false, true}) {
    const auto part = made({{"type", "mlp_bias"}, {"width", 5}, {"log_distance", log}}, pixels);
    fill(*part);
    attention_input input = between(2, 6, 12);
    part->attach(input, pixel_by_pixel(size));
    ASSERT_EQ(input.mask.sizes(), (std::vector<int64_t>{2, 6, 6}));
    const auto scaled = [&](int64_t x) {
      const double away = std::abs(static_cast<double>(x));
      return log ? std::copysign(std::log(1 + away), static_cast<double>(x)) : static_cast<double>(x);
    };
    for (int64_t i = 0; i < 6; ++i)
      for (int64_t j = 0; j < 6; ++j) {
        const auto want = network_of(state_of(*part), {scaled(i / 3 - j / 3), scaled(i % 3 - j % 3)});
        for (int64_t h = 0; h < 2; ++h)
          EXPECT_NEAR(at4(input.mask, h, i, j), want[h], 1e-12) << i << " " << j;
      }
  }
}

TEST(MlpBiasPosition, HasTheWidthAndDepthAskedFor) {
  const auto part = made({{"type", "mlp_bias"}, {"width", 7}, {"depth", 1}}, frames, 3);
  const auto slots = part->slots();
  ASSERT_EQ(slots.size(), 4u);
  EXPECT_EQ(slots[0].shape, (std::vector<int64_t>{7, 1}));
  EXPECT_EQ(slots[2].name, "net.1.weight");
  EXPECT_EQ(slots[2].shape, (std::vector<int64_t>{3, 7}));
  EXPECT_EQ(made({{"type", "mlp_bias"}}, frames)->slots()[0].shape[0], 12) << "half of the channels";
  expect_refused({{"type", "mlp_bias"}, {"depth", 0}}, frames, "depth");
}

// Press et al. 2022, section 3: 1/2, 1/4, … 1/256 for 8 heads.
TEST(AlibiPosition, HasTheSlopesOfThePaper) {
  const auto part = made({{"type", "alibi"}}, frames, 8);
  attention_input input = between(8, 4, 12);
  part->attach(input, frame_by_frame(4));
  for (int64_t h = 0; h < 8; ++h)
    for (int64_t i = 0; i < 4; ++i)
      for (int64_t j = 0; j < 4; ++j)
        EXPECT_EQ(at4(input.mask, h, i, j), -std::ldexp(std::abs(double(i - j)), -int(h) - 1));
}

TEST(AlibiPosition, SumsTheDistancesOfItsAxesAndTakesAnyHeads) {
  const auto part = made({{"type", "alibi"}}, pixels, 3);
  attention_input input = between(3, 6, 12);
  part->attach(input, pixel_by_pixel({.height = 2, .width = 3}));
  EXPECT_NEAR(at4(input.mask, 0, 0, 5), -3 * std::pow(2.0, -8.0 / 3), 1e-15);
  EXPECT_NEAR(at4(input.mask, 2, 3, 2), -3 * std::pow(2.0, -8.0), 1e-15);
}

// RoFormer, eq. 34: channels (1, 0) at place x become (cos, sin) of x · base^(-2i/d).
TEST(RopePosition, TurnsPairsByTheAnglesOfThePaper) {
  for (const double base : {10000.0, 100.0}) {
    const auto part = made({{"type", "rope"}, {"base", base}}, frames, 1, 6);
    attention_input input = between(1, 4, 6);
    input.q = at::tensor({1.0, 0.0, 1.0, 0.0, 0.0, 1.0}, at::kDouble).expand({1, 1, 4, 6});
    part->attach(input, frame_by_frame(4));
    const at::Tensor got = rotated(input).q[0][0];
    for (int64_t x = 0; x < 4; ++x) {
      const auto angle = [&](int i) { return static_cast<double>(x) * std::pow(base, -2.0 * i / 6); };
      const std::vector<double> want{std::cos(angle(0)), std::sin(angle(0)),  std::cos(angle(1)),
                                     std::sin(angle(1)), -std::sin(angle(2)), std::cos(angle(2))};
      for (int i = 0; i < 6; ++i) EXPECT_NEAR(got[x][i].item<double>(), want[i], 1e-7) << x << " " << i;
    }
  }
}

TEST(RopePosition, ProductsDependOnDifferencesAlone) {
  const auto part = made({{"type", "rope"}}, frames, 1, 16);
  attention_input input = between(1, 9, 16);
  input.q = input.q.slice(2, 0, 1).expand_as(input.q);
  input.k = input.k.slice(2, 0, 1).expand_as(input.k);
  part->attach(input, frame_by_frame(9));
  const attention_input turned = rotated(input);
  const at::Tensor products = turned.q[0][0].matmul(turned.k[0][0].t());
  for (int64_t i = 1; i < 9; ++i)
    for (int64_t j = 1; j < 9; ++j)
      EXPECT_NEAR(products[i][j].item<double>(), products[i - 1][j - 1].item<double>(), 1e-5);
  EXPECT_GT(std::abs((products[0][3] - products[0][0]).item<double>()), 1e-2);
}

// Wan's split of 32 pairs: 12 for frames, 10 for rows, 10 for columns.
TEST(RopePosition, SharesThePairsOutOverTheAxes) {
  const auto part = made({{"type", "rope"}}, all_axes, 1, 64);
  attention_input input = between(1, 8, 64);
  const clip_size size{.frames = 2, .height = 2, .width = 2};
  const at::Tensor tokens = clip_places(size, at::kCPU).flatten(0, 1);
  part->attach(input, {tokens, tokens, all_axes, 0.125, {2, 2, 2}});
  const at::Tensor cosine = input.q_rotation.cosine;
  ASSERT_EQ(cosine.sizes(), (std::vector<int64_t>{8, 32}));
  const auto turned = [&](int64_t token) { return cosine[token].ne(1.f).to(at::kLong); };
  const at::Tensor ones = at::ones({32}, at::kLong);
  // Slow pairs turn by too little for f32 to show: their first pair of each axis turns by one radian.
  EXPECT_NEAR(cosine[4][0].item<double>(), std::cos(1.0), 1e-7) << "the frame's first pair";
  EXPECT_NEAR(cosine[2][12].item<double>(), std::cos(1.0), 1e-7) << "the row's first pair";
  EXPECT_NEAR(cosine[1][22].item<double>(), std::cos(1.0), 1e-7) << "the column's first pair";
  EXPECT_NEAR(input.q_rotation.sine[2][13].item<double>(), std::sin(std::pow(10000.0, -2.0 / 20)), 1e-7);
  EXPECT_EQ(turned(4).slice(0, 12).sum().item<int64_t>(), 0);
  EXPECT_EQ(turned(2).slice(0, 0, 12).sum().item<int64_t>() + turned(2).slice(0, 22).sum().item<int64_t>(),
            0);
  EXPECT_EQ(turned(1).slice(0, 0, 22).sum().item<int64_t>(), 0);
}

TEST(RopePosition, SecondsAreIndicesAtTheScalesRate) {
  const auto cosine_of = [](const json& options, double seconds_per_frame) {
    const auto part = made(options, frames);
    attention_input input = between(2, 5, 12);
    token_places places = frame_by_frame(5);
    places.seconds_per_frame = seconds_per_frame;
    part->attach(input, places);
    return input.k_rotation.cosine;
  };
  const json index{{"type", "rope"}}, seconds{{"type", "rope"}, {"unit", "seconds"}},
      at24{{"type", "rope"}, {"unit", "seconds"}, {"scale", 24}};
  EXPECT_TRUE(at::equal(cosine_of(seconds, 1.0 / 8), cosine_of(index, 1.0 / 8)));
  EXPECT_LE(largest_difference(cosine_of(at24, 1.0 / 24), cosine_of(index, 1.0)), 1e-7);
  // frames 0, 2, 4 of a clip at 16 per second are 0, 1, 2 of one at 8
  const at::Tensor fast = cosine_of(seconds, 1.0 / 16), slow = cosine_of(seconds, 1.0 / 8);
  EXPECT_TRUE(at::equal(fast.slice(0, 0, 5, 2), slow.slice(0, 0, 3)));
  EXPECT_TRUE(at::equal(cosine_of(index, 1.0 / 16), cosine_of(index, 1.0 / 8)));
}

TEST(RopePosition, RefusesWhatDoesNotDivide) {
  expect_refused({{"type", "rope"}}, frames, "head_dim 5", 5);
  expect_refused({{"type", "rope"}}, all_axes, "head_dim 4", 4);
  expect_refused({{"type", "rope"}, {"unit", "minutes"}}, frames, "'minutes'");
  expect_refused({{"type", "rope"}, {"unit", "seconds"}, {"scale", 0}}, frames, "scale");
  expect_refused({{"type", "rope"}, {"base", 1}}, frames, "base");
}

TEST(Scores, AreJoinedWithAMask) {
  const at::Tensor bias = at::tensor({1.0, 2.0, 3.0, 4.0}, at::kDouble).view({1, 2, 2});
  attention_input input;
  add_scores(input, bias);
  EXPECT_TRUE(at::equal(input.mask, bias));
  add_scores(input, bias);
  EXPECT_TRUE(at::equal(input.mask, 2 * bias));
  input.mask = at::tensor({1, 0, 1, 1}).view({2, 2}).to(at::kBool);
  add_scores(input, bias);
  EXPECT_TRUE(at::equal(
      input.mask,
      at::tensor({1.0, -std::numeric_limits<double>::infinity(), 3.0, 4.0}, at::kDouble).view({1, 2, 2})));
}

}  // namespace
}  // namespace zoetrope
