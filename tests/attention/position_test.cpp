// Every position against its paper's formula in plain loops, and the promises that all of them keep.
#include "attention/position.hpp"

#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include <cmath>
#include <map>

#include "attention/layouts/makers.hpp"
#include "core/tensor/weights.hpp"
#include "tests/attention/whole_attention.hpp"

namespace zoetrope {
namespace {

constexpr double hidden = -std::numeric_limits<double>::infinity();
const std::vector<token_axis> frames{token_axis::frame}, pixels{token_axis::row, token_axis::column},
    all_axes{token_axis::frame, token_axis::row, token_axis::column};

using made_position = std::unique_ptr<attention_position>;

made_position made(const json& options, std::vector<token_axis> axes, int64_t heads = 2,
                   int64_t head_dim = 12) {
  return make_attention_position(config(options), {.channels = heads * head_dim,
                                                   .heads = heads,
                                                   .head_dim = head_dim,
                                                   .axes = std::move(axes),
                                                   .maximum_frames = 8});
}

void fill(attention_position& part, at::ScalarType dtype = at::kDouble) {
  generator random(4);
  for (const parameter_slot& slot : part.slots()) *slot.tensor = random.normal(slot.shape, dtype).mul_(0.5);
}

void fill_fresh(attention_position& part) {
  generator random(4);
  part.initialize(random);
}

token_places frame_by_frame(int64_t count) {
  const at::Tensor places = frame_places({.frames = count}, at::kCPU);
  return {places, places, frames, 0.125, {count}};
}
token_places pixel_by_pixel(const clip_size& size) {
  const at::Tensor places = pixel_places(size, at::kCPU);
  return {places, places, pixels, 0.125, {size.height, size.width}};
}

attention_input between(int64_t heads, int64_t tokens, int64_t head_dim, at::ScalarType dtype = at::kDouble) {
  generator random(6);
  const auto drawn = [&] { return random.normal({1, heads, tokens, head_dim}).to(dtype); };
  return {drawn(), drawn(), drawn()};
}

double at4(const at::Tensor& x, int64_t h, int64_t i, int64_t j) { return x[h][i][j].item<double>(); }

void expect_refused(const json& options, const std::vector<token_axis>& axes, const std::string& part,
                    int64_t head_dim = 12) {
  try {
    made(options, axes, 2, head_dim);
    FAIL() << options;
  } catch (const error& failure) {
    EXPECT_EQ(failure.kind(), error_kind::bad_input) << options;
    EXPECT_NE(std::string(failure.what()).find(part), std::string::npos) << failure.what();
  }
}

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

TEST(Scores, AreJoinedWithAMask) {
  const at::Tensor bias = at::tensor({1.0, 2.0, 3.0, 4.0}, at::kDouble).view({1, 2, 2});
  attention_input input;
  add_scores(input, bias);
  EXPECT_TRUE(at::equal(input.mask, bias));
  add_scores(input, bias);
  EXPECT_TRUE(at::equal(input.mask, 2 * bias));
  input.mask = at::tensor({1, 0, 1, 1}).view({2, 2}).to(at::kBool);
  add_scores(input, bias);
  EXPECT_TRUE(at::equal(input.mask, at::tensor({1.0, hidden, 3.0, 4.0}, at::kDouble).view({1, 2, 2})));
}

class EveryPosition : public testing::TestWithParam<std::string> {
 protected:
  json options() const { return {{"type", GetParam()}}; }
  json attention(const std::string& layout) const {
    return {{"layout", {{"type", layout}}}, {"position", options()}, {"backend", {{"type", "dense"}}}};
  }
  std::vector<std::string> layouts() const {
    if (GetParam() == "relative_kv") return {"temporal"};
    return {"temporal", "spatial", "space_time", "cross_frame"};
  }
};
INSTANTIATE_TEST_SUITE_P(Registry, EveryPosition, testing::ValuesIn(attention_positions().names()));

TEST_P(EveryPosition, FillsWhatItSays) {
  for (const at::ScalarType dtype : {at::kFloat, at::kDouble, at::kBFloat16}) {
    const auto part = made(options(), frames);
    fill(*part, at::kFloat);
    attention_input input = between(2, 5, 12, dtype);
    part->attach(input, frame_by_frame(5));
    EXPECT_EQ(input.mask.defined(), part->scores());
    EXPECT_EQ(input.q_rotation.defined() && input.k_rotation.defined(), part->rotates());
    EXPECT_EQ(input.relative_k.defined() && input.relative_v.defined(), part->relative());
    for (const at::Tensor& x : {input.mask, input.relative_k, input.relative_v})
      EXPECT_TRUE(!x.defined() || x.scalar_type() == dtype) << dtype;
    const at::Tensor tokens = at::zeros({5, 4, 24}, dtype);
    EXPECT_EQ(part->mixed(tokens, {.frames = 5, .width = 4}).scalar_type(), dtype);
  }
}

// All but `none` tell frames apart; `none` is the same whatever their order.
TEST_P(EveryPosition, TellsOrderUnlessItIsNone) {
  const clip_size size{.frames = 5, .height = 1, .width = 2};
  const whole_attention whole(attention("temporal"));
  const at::Tensor x = generator(3).normal({5, 2, 24});
  const at::Tensor order = at::tensor({2, 0, 4, 3, 1}, at::kLong);
  const double moved = largest_difference(whole.forward(x, size).index_select(0, order),
                                          whole.forward(x.index_select(0, order), size));
  if (GetParam() == "none") {
    EXPECT_LE(moved, 1e-6);
  } else {
    EXPECT_GT(moved, 1e-3);
  }
}

// Clips of a batch and, where the layout says so, frames and pixels are not told apart by what is beside
// them.
TEST_P(EveryPosition, ClipsDoNotSeeEachOther) {
  for (const std::string& layout : layouts()) {
    const whole_attention whole(attention(layout));
    const at::Tensor x = generator(3).normal({6, 6, 24});
    const at::Tensor both = whole.forward(x, {.batch = 2, .frames = 3, .height = 2, .width = 3});
    const at::Tensor second = whole.forward(x.slice(0, 3), {.frames = 3, .height = 2, .width = 3});
    EXPECT_LE(largest_difference(both.slice(0, 3), second), 1e-6) << layout;
  }
}

TEST_P(EveryPosition, FreshKeepsItsIdentityContract) {
  const std::map<std::string, bool> changes_nothing{
      {"none", true},        {"learned", true},      {"mlp_bias", true}, {"depthwise_conv", true},
      {"sinusoidal", false}, {"relative_kv", false}, {"alibi", false},   {"rope", false}};
  ASSERT_TRUE(changes_nothing.count(GetParam())) << "say it here";
  const clip_size size{.frames = 3, .height = 2, .width = 3};
  const at::Tensor x = generator(3).normal({3, 6, 24});
  whole_attention fresh(attention("temporal"));
  fresh.parts.position().release();
  fill_fresh(fresh.parts.position());
  json without = attention("temporal");
  without["position"] = {{"type", "none"}};
  EXPECT_EQ(at::equal(fresh.forward(x, size), whole_attention(without).forward(x, size)),
            changes_nothing.at(GetParam()));
}

TEST_P(EveryPosition, StateComesBackByName) {
  whole_attention first(attention("temporal")), second(attention("temporal"));
  const tensor_map state = state_of(first.parts.position());
  for (const parameter_slot& slot : second.parts.position().slots()) {
    ASSERT_TRUE(state.count(slot.name)) << slot.name;
    ASSERT_EQ(state.at(slot.name).sizes(), slot.shape) << slot.name;
    *slot.tensor = state.at(slot.name).clone();
  }
  const clip_size size{.frames = 3, .height = 2, .width = 3};
  const at::Tensor x = generator(3).normal({3, 6, 24});
  EXPECT_TRUE(at::equal(first.forward(x, size), second.forward(x, size)));
}

// Directional derivatives by central differences, of tokens and of every parameter.
TEST_P(EveryPosition, HasTheGradientsOfItsForward) {
  const clip_size size{.batch = 2, .frames = 3, .height = 2, .width = 2};
  for (const std::string& layout : layouts()) {
    whole_attention whole(attention(layout), {}, at::kDouble);
    generator random(9);
    const at::Tensor x = random.normal({6, 4, 24}, at::kDouble);
    const at::Tensor seed = generator(5).normal({6, 4, 24}).to(at::kDouble);  // of gradients()
    const auto loss = [&](const at::Tensor& tokens) {
      return whole.forward(tokens, size).mul(seed).sum().item<double>();
    };
    const std::vector<at::Tensor> got = whole.gradients(x, size);
    constexpr double step = 1e-5;
    const at::Tensor towards = random.normal(x.sizes(), at::kDouble);
    EXPECT_NEAR((loss(x + step * towards) - loss(x - step * towards)) / (2 * step),
                got[0].mul(towards).sum().item<double>(), 1e-6)
        << layout;
    std::size_t next = 1;
    for (const parameter_slot& slot : whole.parts.position().slots()) {
      const at::Tensor kept = *slot.tensor, way = random.normal(slot.shape, at::kDouble);
      *slot.tensor = (kept + step * way).detach();
      const double above = loss(x);
      *slot.tensor = (kept - step * way).detach();
      const double below = loss(x);
      *slot.tensor = kept;
      ASSERT_LT(next, got.size()) << slot.name << " has no gradient";
      EXPECT_NEAR((above - below) / (2 * step), got[next++].mul(way).sum().item<double>(), 1e-6)
          << layout << " " << slot.name;
    }
  }
}

TEST(Positions, UnknownNameListsTheKnownOnes) {
  expect_refused({{"type", "roppe"}}, frames, "did you mean 'rope'?");
}

}  // namespace
}  // namespace zoetrope
