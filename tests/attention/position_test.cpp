// What every position promises, and what tells them apart.
#include "attention/position.hpp"

#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include <map>

#include "core/tensor/weights.hpp"
#include "tests/attention/made_positions.hpp"
#include "tests/attention/whole_attention.hpp"

namespace zoetrope {
namespace {

class EveryPosition : public testing::TestWithParam<std::string> {
 protected:
  json options() const {
    json all{{"type", GetParam()}};
    if (GetParam() == "several") all["of"] = {{{"type", "depthwise_conv"}}, {{"type", "alibi"}}};
    return all;
  }
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
      {"none", true},           {"learned", true},     {"mlp_bias", true},
      {"depthwise_conv", true}, {"sinusoidal", false}, {"relative_kv", false},
      {"alibi", false},         {"rope", false},       {"several", false}};
  ASSERT_TRUE(changes_nothing.count(GetParam())) << GetParam() << ": say it in changes_nothing";
  const clip_size size{.frames = 3, .height = 2, .width = 3};
  const at::Tensor x = generator(3).normal({3, 6, 24});
  whole_attention fresh(attention("temporal"));
  fresh.parts.position().release();
  generator random(4);
  fresh.parts.position().initialize(random);
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

// As `describe position several` prints it.
TEST(Positions, SeveralMayBeNone) {
  const config options(json{{"type", "several"}, {"of", json::array()}});
  const auto part =
      make_attention_position(options, {.channels = 24, .heads = 2, .head_dim = 12, .axes = frames});
  EXPECT_NO_THROW(options.expect_all_read());
  EXPECT_FALSE(part->scores() || part->rotates() || part->relative());
  expect_refused({{"type", "several"}, {"of", "rope"}}, frames, "$.of: wanted a list of positions");
}

TEST(Positions, UnknownNameListsTheKnownOnes) {
  expect_refused({{"type", "roppe"}}, frames, "did you mean 'rope'?");
}

}  // namespace
}  // namespace zoetrope
