// Distances of sets, and the random features that they are taken in: against numpy and scipy, and on sets
// that are known.
#include "eval/metrics/set_distance.hpp"

#include <gtest/gtest.h>

#include "eval/metrics/random_features.hpp"
#include "tests/eval/metrics/made_clips.hpp"
#include "tests/eval/metrics/reference_values.hpp"

namespace zoetrope {
namespace {

// The features of make_reference_values.py.
Eigen::MatrixXd counted_rows(int count, int size, int step) {
  Eigen::MatrixXd rows(count, size);
  for (int i = 0; i < count; ++i)
    for (int j = 0; j < size; ++j) rows(i, j) = (i * i * step + 3 * j * i + j * j) % 23 / 10.0 - 1;
  return rows;
}

TEST(SetDistance, IsThatOfScipy) {
  const Eigen::MatrixXd a = counted_rows(30, 6, 5), b = counted_rows(40, 6, 7);
  EXPECT_NEAR(frechet_distance(a, b), reference::frechet[0], 1e-6 * reference::frechet[0]);
  EXPECT_NEAR(kernel_distance(a, b), reference::kernel_distance[0],
              1e-6 * std::abs(reference::kernel_distance[0]));
}

TEST(SetDistance, OfShiftedSetsIsTheShift) {
  const Eigen::MatrixXd a = counted_rows(30, 6, 5);
  const Eigen::MatrixXd b = a.array() + 0.5;  // the same covariance
  EXPECT_NEAR(frechet_distance(a, a), 0, 1e-9);
  EXPECT_NEAR(frechet_distance(a, b), 6 * 0.25, 1e-9);
  EXPECT_GT(kernel_distance(a, b), kernel_distance(a, a));
}

TEST(RandomFeatures, AreThoseOfNumpy) {
  const std::vector<double> got = random_features(to_float(counted_clip(1)), {.seed = 5, .side = 16});
  ASSERT_EQ(got.size(), reference::random_features.size());
  for (std::size_t i = 0; i < got.size(); ++i)
    EXPECT_NEAR(got[i], reference::random_features[i], 1e-6 * std::abs(reference::random_features[i])) << i;
}

TEST(RandomFeatures, ChangeWithSeedPixelsAndOrderOfFrames) {
  float_clip clip = moving_texture(6, 32, 32, 2, 1);
  const auto features = random_features(clip, {.side = 16});
  EXPECT_NE(features, random_features(clip, {.seed = 1, .side = 16}));
  std::rotate(clip.pixels.begin(), clip.pixels.begin() + 2 * frame_size(clip), clip.pixels.end());
  EXPECT_NE(features, random_features(clip, {.side = 16}));
}

feature_rows features_of(const named_set_metric& metric, int clips, double noise) {
  feature_rows rows;
  for (int i = 0; i < clips; ++i)
    rows.push_back(
        metric.features(with_noise(moving_texture(4, 16, 16, 0.3 * (i % 7), 0.1 * i), noise, 100 + i)));
  return rows;
}

TEST(SetMetrics, TellNoisyClipsFromClean) {
  for (const char* type : {"rfd_v1", "kvd_v1"}) {
    const named_set_metric metric = make_set_metric(config(json{{"type", type}, {"side", 16}}));
    const feature_rows clean = features_of(metric, 66, 0.01), alike = features_of(metric, 66, 0.012),
                       noisy = features_of(metric, 66, 0.2);
    ASSERT_EQ(metric.refuses(clean, noisy), "");
    const metric_values far = metric.compare(noisy, clean).front();
    EXPECT_GT(far.per_video, 10 * metric.compare(alike, clean).front().per_video) << type;
    EXPECT_EQ(far.name, type);
    EXPECT_EQ(far.curves.at("clips"), std::vector<double>{66});
  }
}

TEST(SetMetrics, TooFewClipsAreAReason) {
  const named_set_metric frechet = make_set_metric(config(json{{"type", "rfd_v1"}})),
                         forced = make_set_metric(config(json{{"type", "rfd_v1"}, {"force", true}})),
                         kernel = make_set_metric(config(json{{"type", "kvd_v1"}}));
  const feature_rows three(3, std::vector<double>(64)), one(1, std::vector<double>(64));
  EXPECT_TRUE(
      frechet.refuses(three, three).starts_with("needs 65 clips and as many reference clips, has 3 and 3"));
  EXPECT_EQ(forced.refuses(three, three), "");
  EXPECT_EQ(kernel.refuses(three, three), "");
  EXPECT_TRUE(kernel.refuses(three, one).starts_with("needs 2 clips"));
  EXPECT_EQ(frechet.feature_key, kernel.feature_key);
}

}  // namespace
}  // namespace zoetrope
