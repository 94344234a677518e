// Loops over frames on threads: every index once, the first failure out, and no metric that changes with
// them.
#include "eval/metrics/frame_loop.hpp"

#include <gtest/gtest.h>

#include <cstring>
#include <limits>

#include "tests/eval/metrics/made_clips.hpp"

namespace zoetrope {
namespace {

TEST(FrameLoop, VisitsEveryIndexOnce) {
  for (const int threads : {1, 3, 20}) {
    std::vector<int> visits(11);
    for_each_index(11, threads, [&](int i) { ++visits[i]; });
    EXPECT_EQ(visits, std::vector<int>(11, 1));
  }
  for_each_index(0, 4, [](int) { FAIL() << "there is no index"; });
}

TEST(FrameLoop, AFailureLeaves) {
  for (const int threads : {1, 4})
    EXPECT_THROW(for_each_index(8, threads, [](int i) { ZT_CHECK(i != 3, runtime, "index ", i); }), error);
}

TEST(FrameLoop, AMeanLeavesOutWhatIsNoNumber) {
  const double none = std::numeric_limits<double>::quiet_NaN();
  EXPECT_EQ(mean_of_numbers({1, none, 3}), 2);
  EXPECT_TRUE(std::isnan(mean_of_numbers({none})));
}

bool same_bits(const std::vector<double>& a, const std::vector<double>& b) {
  return a.size() == b.size() &&
         (a.empty() || std::memcmp(a.data(), b.data(), a.size() * sizeof(double)) == 0);
}

TEST(Metrics, GiveTheSameBitsOnAnyNumberOfThreads) {
  const float_clip clip = with_noise(moving_texture(7, 48, 40, 1.5, -0.5), 0.01),
                   other = with_noise(moving_texture(7, 48, 40, 1.2, -0.5), 0.01, 2);
  std::size_t seen = 0;
  for (const auto& part : metrics().entries()) {
    const named_metric metric = make_metric(config(json{{"type", part.name}}));
    const metric_input one{.clip = clip, .reference = &other},
        five{.clip = clip, .reference = &other, .threads = 5};
    if (!why_unavailable(metric, one).empty()) continue;
    const auto a = metric.measure(one), b = metric.measure(five);
    ASSERT_EQ(a.size(), b.size());
    for (std::size_t i = 0; i < a.size(); ++i) {
      EXPECT_TRUE(same_bits({a[i].per_video}, {b[i].per_video})) << a[i].name;
      EXPECT_TRUE(same_bits(a[i].per_pair, b[i].per_pair)) << a[i].name;
      for (const auto& [name, curve] : a[i].curves) EXPECT_TRUE(same_bits(curve, b[i].curves.at(name)));
    }
    ++seen;
  }
  EXPECT_GE(seen, 13u);
}

}  // namespace
}  // namespace zoetrope
