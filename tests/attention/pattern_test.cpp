// Every pattern against its rule written out by hand, pair by pair.
#include "attention/pattern.hpp"

#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <functional>
#include <map>
#include <optional>
#include <set>

#include "attention/layouts/makers.hpp"
#include "core/tensor/meta_run.hpp"
#include "tests/attention/whole_attention.hpp"

namespace zoetrope {
namespace {

using places = std::vector<int64_t>;  // of one token: a frame, or row and column

struct rule {
  json options;
  std::function<bool(const places& query, const places& key)> sees;
  bool frames_alone = false;
};

bool within(const places& a, const places& b, int64_t step, int64_t most) {
  for (std::size_t i = 0; i < a.size(); ++i) {
    const int64_t away = std::abs(a[i] - b[i]);
    if (away % step != 0 || away > most) return false;
  }
  return true;
}

std::vector<rule> rules() {
  return {
      {{{"type", "full"}}, [](auto&, auto&) { return true; }},
      {{{"type", "window"}, {"radius", 1}}, [](auto& q, auto& k) { return within(q, k, 1, 1); }},
      {{{"type", "window"}, {"radius", 0}}, [](auto& q, auto& k) { return q == k; }},
      {{{"type", "window"}}, [](auto& q, auto& k) { return within(q, k, 1, 4); }},
      // std::vector compares as raster order does: by its first unequal entries.
      {{{"type", "causal"}}, [](auto& q, auto& k) { return k <= q; }},
      {{{"type", "sparse_causal"}}, [](auto& q, auto& k) { return k[0] == 0 || k[0] == q[0] - 1; }, true},
      {{{"type", "first_frame"}}, [](auto&, auto& k) { return k[0] == 0; }, true},
      {{{"type", "dilated"}}, [](auto& q, auto& k) { return within(q, k, 2, 100); }},
      {{{"type", "dilated"}, {"step", 3}, {"radius", 1}},
       [](auto& q, auto& k) { return within(q, k, 3, 3); }},
  };
}

std::string name_of(const rule& one) { return one.options.at("type"); }

const std::vector<token_axis> frames{token_axis::frame}, pixels{token_axis::row, token_axis::column};

places row_of(const at::Tensor& all, int64_t i) {
  const at::Tensor row = all[i].contiguous();
  return {row.data_ptr<int64_t>(), row.data_ptr<int64_t>() + row.numel()};
}

void expect_follows(const rule& one, const at::Tensor& tokens, const std::vector<token_axis>& axes) {
  const at::Tensor seen = make_attention_pattern(config(one.options), axes)->visible(tokens, tokens);
  const int64_t n = tokens.size(0);
  ASSERT_EQ(seen.sizes(), (std::vector<int64_t>{n, n})) << one.options;
  ASSERT_EQ(seen.scalar_type(), at::kBool);
  for (int64_t i = 0; i < n; ++i) {
    EXPECT_TRUE(seen[i].any().item<bool>()) << one.options << ": token " << i << " sees nothing";
    for (int64_t j = 0; j < n; ++j)
      EXPECT_EQ(seen[i][j].item<bool>(), one.sees(row_of(tokens, i), row_of(tokens, j)))
          << one.options << " query " << i << " key " << j;
  }
}

TEST(Patterns, EachHasARuleHere) {
  std::map<std::string, int> known;
  for (const rule& one : rules()) ++known[name_of(one)];
  for (const std::string& name : attention_patterns().names())
    EXPECT_TRUE(known.count(name)) << name << ": say it in rules()";
}

TEST(Patterns, FollowTheirRulesAlongFrames) {
  for (const rule& one : rules()) expect_follows(one, frame_places({.frames = 7}, at::kCPU), frames);
}

TEST(Patterns, FollowTheirRulesOnPixels) {
  const at::Tensor tokens = pixel_places({.height = 3, .width = 7}, at::kCPU);
  for (const rule& one : rules())
    if (!one.frames_alone) expect_follows(one, tokens, pixels);
}

TEST(Patterns, OneFrameSeesItself) {
  for (const rule& one : rules()) expect_follows(one, frame_places({.frames = 1}, at::kCPU), frames);
}

TEST(Patterns, LeadingDimensionsOfQueriesAndKeysBroadcast) {
  const at::Tensor all = frame_places({.frames = 6}, at::kCPU);
  const at::Tensor queries = all.view({1, 6, 1}), keys = all.view({2, 3, 1});  // halves of the clip
  for (const rule& one : rules()) {
    const auto pattern = make_attention_pattern(config(one.options), frames);
    if (pattern->everything()) continue;
    const at::Tensor whole = pattern->visible(all, all);
    EXPECT_TRUE(
        at::equal(pattern->visible(queries, keys), at::stack({whole.slice(1, 0, 3), whole.slice(1, 3)})))
        << one.options;
  }
}

TEST(Patterns, HaveShapesWithoutMemory) {
  const meta_run run(at::kCPU);
  const at::Tensor tokens = frame_places({.frames = 5}, at::TensorOptions(at::kMeta));
  for (const rule& one : rules()) {
    const at::Tensor seen = make_attention_pattern(config(one.options), frames)->visible(tokens, tokens);
    EXPECT_TRUE(seen.is_meta()) << one.options;
    EXPECT_EQ(seen.sizes(), (std::vector<int64_t>{5, 5})) << one.options;
  }
}

TEST(Patterns, RulesAboutFramesAreRefusedWithoutThem) {
  for (const rule& one : rules()) {
    if (!one.frames_alone) continue;
    try {
      make_attention_pattern(config(one.options), pixels);
      FAIL() << one.options;
    } catch (const error& failure) {
      EXPECT_EQ(failure.kind(), error_kind::bad_input);
      for (const char* part : {"$.type", "cross_frame", "temporal", "space_time", "frame axis"})
        EXPECT_NE(std::string(failure.what()).find(part), std::string::npos) << failure.what();
    }
  }
}

TEST(Patterns, OptionsOutOfRangeAreRefused) {
  for (const json& options : std::vector<json>{{{"type", "window"}, {"radius", -1}},
                                               {{"type", "dilated"}, {"step", 0}},
                                               {{"type", "dilated"}, {"radius", -2}},
                                               {{"type", "window"}, {"radius", "far"}}})
    try {
      make_attention_pattern(config(options), frames);
      FAIL() << options;
    } catch (const error& failure) {
      EXPECT_EQ(failure.kind(), error_kind::bad_input) << options;
    }
}

// What later frames (pixels) hold does not reach earlier ones, to the bit.
struct blind_spot {
  std::string layout, pattern;
};
std::ostream& operator<<(std::ostream& out, const blind_spot& one) {
  return out << one.layout << ", " << one.pattern;
}
class SeesNothingAhead : public testing::TestWithParam<blind_spot> {};

// Every backend that serves the place, and so every one that could look ahead.
TEST_P(SeesNothingAhead, ToTheBit) {
  const clip_size size{.batch = 2, .frames = 4, .height = 2, .width = 3};
  const bool by_frame = GetParam().layout != "spatial";
  std::set<std::string> served;
  for (const std::string& backend : attention_backends().names()) {
    std::optional<whole_attention> whole;
    try {
      whole.emplace(json{{"layout", {{"type", GetParam().layout}}},
                         {"pattern", {{"type", GetParam().pattern}}},
                         {"backend", {{"type", backend}}}});
    } catch (const error&) {
      continue;
    }
    served.insert(backend);
    const at::Tensor x = generator(3).normal({8, 6, 24});
    at::Tensor changed = x.clone();
    const auto late = [&](const at::Tensor& y) {
      return by_frame ? y.unflatten(0, {2, 4}).slice(1, 2) : y.slice(1, 4);
    };
    late(changed).add_(1.0);
    const at::Tensor before = whole->forward(x, size), after = whole->forward(changed, size);
    const auto early = [&](const at::Tensor& y) {
      return by_frame ? y.unflatten(0, {2, 4}).slice(1, 0, 2) : y.slice(1, 0, 4);
    };
    EXPECT_TRUE(at::equal(early(before), early(after))) << backend;
    EXPECT_FALSE(at::equal(late(before), late(after))) << backend;
  }
  std::set<std::string> wanted{"automatic", "dense", "flash", "sdpa", "sliced"};
  if (GetParam().layout == "temporal") wanted.insert("short");
  EXPECT_EQ(served, wanted);
}

INSTANTIATE_TEST_SUITE_P(
    Patterns, SeesNothingAhead,
    testing::Values(blind_spot{"temporal", "causal"}, blind_spot{"temporal", "sparse_causal"},
                    blind_spot{"space_time", "causal"}, blind_spot{"cross_frame", "causal"},
                    blind_spot{"cross_frame", "sparse_causal"}, blind_spot{"spatial", "causal"}));

}  // namespace
}  // namespace zoetrope
