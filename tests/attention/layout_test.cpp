// Layouts against loops over what they group, and against each other.
#include "attention/layout.hpp"

#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include "tests/attention/whole_attention.hpp"

namespace zoetrope {
namespace {

constexpr clip_size size{.batch = 2, .frames = 4, .height = 2, .width = 3};

std::unique_ptr<attention_layout> layout_of(const std::string& name, const std::string& pattern = "full") {
  return make_attention_layout(config(json{{"type", name}}), config(json{{"type", pattern}}), "spatial");
}

at::Tensor attended(const std::string& layout, const json& pattern, const at::Tensor& x) {
  return whole_attention(
             {{"layout", {{"type", layout}}}, {"pattern", pattern}, {"backend", {{"type", "dense"}}}})
      .forward(x, size);
}

// Tokens that hold clip, frame, row and column: (b f) (h w) heads 4
at::Tensor tokens_that_say_where_they_lie() {
  at::Tensor x = at::empty({size.batch, size.frames, size.height, size.width, 3, 4});
  for (int64_t b = 0; b < size.batch; ++b)
    for (int64_t f = 0; f < size.frames; ++f)
      for (int64_t h = 0; h < size.height; ++h)
        for (int64_t w = 0; w < size.width; ++w)
          x[b][f][h][w].copy_(at::tensor(
              {static_cast<float>(b), static_cast<float>(f), static_cast<float>(h), static_cast<float>(w)}));
  return x.flatten(2, 3).flatten(0, 1);
}

class EveryLayout : public testing::TestWithParam<std::string> {};
INSTANTIATE_TEST_SUITE_P(Registry, EveryLayout, testing::ValuesIn(attention_layouts().names()));

TEST_P(EveryLayout, PlacesAreThoseOfItsTokens) {
  for (const std::string pattern : {"full", "causal", "window"}) {
    if (GetParam() == "cross") continue;  // a text has no places
    const auto layout = layout_of(GetParam(), pattern);
    const at::Tensor x = tokens_that_say_where_they_lie();
    const attention_input input = layout->arranged(x, x, x, size);
    const token_places places = layout->places(size, x.options());
    ASSERT_EQ(places.axes, layout->axes());
    const auto expect_told = [&](const at::Tensor& tokens, const at::Tensor& told) {
      for (std::size_t axis = 0; axis < places.axes.size(); ++axis) {
        const int64_t channel = 1 + static_cast<int64_t>(places.axes[axis]);
        const at::Tensor want = tokens.select(-1, channel).select(-2, 0);  // batch, tokens
        const at::Tensor got = told.select(-1, static_cast<int64_t>(axis)).to(at::kFloat);
        EXPECT_TRUE(at::equal(got.expand_as(want), want)) << pattern << " axis " << axis;
        EXPECT_EQ(places.extents.at(axis),
                  told.select(-1, static_cast<int64_t>(axis)).max().item<int64_t>() + 1);
      }
    };
    expect_told(input.q, places.queries);
    expect_told(input.k, places.keys);
  }
}

TEST_P(EveryLayout, RestoresWhatItArranged) {
  const at::Tensor x = generator(2).normal({8, 6, 3, 8});
  const at::Tensor text = generator(2).normal({2, 3, 5, 8});
  const auto layout = layout_of(GetParam());
  const bool cross = GetParam() == "cross";
  const attention_input input = layout->arranged(x, cross ? text : x, cross ? text : x, size);
  check_attention_shapes(input);
  EXPECT_TRUE(at::equal(layout->restored(input.q, size), x.flatten(2)));
}

TEST(Layouts, TemporalIsAttentionOfEachPixelAlone) {
  const at::Tensor q = generator(2).normal({8, 6, 3, 8}), k = generator(3).normal({8, 6, 3, 8}),
                   v = generator(4).normal({8, 6, 3, 8});
  const auto dense = make_attention_backend(config(json{{"type", "dense"}}));
  const auto layout = layout_of("temporal");
  const at::Tensor got = layout->restored(dense->forward(layout->arranged(q, k, v, size)), size);
  for (int64_t clip = 0; clip < 2; ++clip)
    for (int64_t pixel = 0; pixel < 6; ++pixel) {
      // f heads d -> 1 heads f d
      const auto alone = [&](const at::Tensor& x) {
        return x.slice(0, 4 * clip, 4 * clip + 4).select(1, pixel).transpose(0, 1).unsqueeze(0);
      };
      const at::Tensor want = dense->forward({alone(q), alone(k), alone(v)})[0].transpose(0, 1).flatten(1);
      EXPECT_LE(largest_difference(got.slice(0, 4 * clip, 4 * clip + 4).select(1, pixel), want), 1e-6);
    }
}

TEST(Layouts, SpatialIsAttentionOfEachFrameAlone) {
  const at::Tensor x = generator(2).normal({8, 6, 24});
  const whole_attention whole({{"layout", {{"type", "spatial"}}}, {"backend", {{"type", "dense"}}}});
  const at::Tensor got = whole.forward(x, size);
  for (int64_t frame = 0; frame < 8; ++frame) {
    const clip_size one{.height = 2, .width = 3};
    EXPECT_LE(largest_difference(got[frame], whole.forward(x.slice(0, frame, frame + 1), one)[0]), 1e-6);
  }
}

// The one gathers the frames that are seen, the other hides those that are not.
TEST(Layouts, CrossFrameIsSpaceTimeWithEveryPattern) {
  const at::Tensor x = generator(2).normal({8, 6, 24});
  for (const std::string& name : attention_patterns().names())
    for (const json& options : std::vector<json>{json::object(), {{"radius", 1}}}) {
      json pattern = options;
      pattern["type"] = name;
      EXPECT_LE(largest_difference(attended("cross_frame", pattern, x), attended("space_time", pattern, x)),
                2e-6)
          << pattern;
    }
}

TEST(Layouts, CrossFrameWithItselfAloneIsSpatial) {
  const at::Tensor x = generator(2).normal({8, 6, 24});
  const json itself{{"type", "window"}, {"radius", 0}};
  EXPECT_LE(
      largest_difference(attended("cross_frame", itself, x), attended("spatial", {{"type", "full"}}, x)),
      1e-6);
}

// Pieces of frames (pixels) are attended to as the whole is.
TEST(Layouts, IndependentFramesAndPixelsMayBeCut) {
  const at::Tensor x = generator(2).normal({8, 6, 24});
  for (const std::string& position : attention_positions().names()) {
    if (position == "relative_kv") continue;  // about frames alone
    const whole_attention whole({{"layout", {{"type", "spatial"}}},
                                 {"pattern", {{"type", "window"}, {"radius", 1}}},
                                 {"position", {{"type", position}}},
                                 {"backend", {{"type", "dense"}}}});
    ASSERT_TRUE(whole.parts.layout().frames_are_independent());
    const clip_size piece{.batch = 1, .frames = 3, .height = 2, .width = 3};
    EXPECT_TRUE(at::equal(whole.forward(x, size).slice(0, 5), whole.forward(x.slice(0, 5), piece)))
        << position;
  }
  for (const std::string& position : attention_positions().names()) {
    const whole_attention whole({{"layout", {{"type", "temporal"}}},
                                 {"pattern", {{"type", "causal"}}},
                                 {"position", {{"type", position}}},
                                 {"backend", {{"type", "dense"}}}});
    ASSERT_TRUE(whole.parts.layout().pixels_are_independent());
    const clip_size piece{.batch = 2, .frames = 4, .height = 1, .width = 5};
    EXPECT_TRUE(at::equal(whole.forward(x, size).slice(1, 1), whole.forward(x.slice(1, 1), piece)))
        << position;
  }
}

TEST(Layouts, CrossRefusesAPattern) { EXPECT_THROW(layout_of("cross", "causal"), error); }

}  // namespace
}  // namespace zoetrope
