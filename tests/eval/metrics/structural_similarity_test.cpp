// SSIM on what is known by hand; scikit-image's numbers are in numpy_parity_test.cpp and the reference case.
#include "eval/metrics/structural_similarity.hpp"

#include <gtest/gtest.h>

#include "tests/eval/metrics/made_clips.hpp"

namespace zoetrope {
namespace {

plane flat(double value) { return {16, 12, std::vector<double>(16 * 12, value)}; }

TEST(StructuralSimilarity, OfAPictureWithItselfIsOne) {
  const float_clip clip = moving_texture(1, 20, 24, 0, 0);
  for (const ssim_window& window : {gaussian_ssim_window(), uniform_ssim_window()}) {
    const ssim_side side = make_ssim_side(luma_of(clip, 0), window);
    EXPECT_NEAR(structural_similarity(side, side, window), 1, 1e-15);
  }
}

TEST(StructuralSimilarity, OfFlatPicturesIsTheLumaTerm) {
  const ssim_window window = gaussian_ssim_window();
  const double got =
      structural_similarity(make_ssim_side(flat(0.2), window), make_ssim_side(flat(0.8), window), window);
  EXPECT_NEAR(got, (2 * 0.2 * 0.8 + 1e-4) / (0.04 + 0.64 + 1e-4), 1e-9);
}

TEST(StructuralSimilarity, FallsWithNoise) {
  const float_clip clip = moving_texture(1, 64, 64, 0, 0);
  const ssim_window window = gaussian_ssim_window();
  const auto against = [&](double deviation) {
    return structural_similarity(make_ssim_frame(clip, 0, window),
                                 make_ssim_frame(with_noise(clip, deviation), 0, window), window);
  };
  EXPECT_GT(against(0.01), against(0.05));
  EXPECT_GT(against(0.05), against(0.2));
}

TEST(StructuralSimilarity, RefusesPicturesSmallerThanTheWindowOrOfTwoSizes) {
  const ssim_window window = gaussian_ssim_window();
  EXPECT_THROW(make_ssim_side({10, 20, std::vector<double>(200)}, window), error);
  EXPECT_THROW(structural_similarity(make_ssim_side({11, 20, std::vector<double>(220)}, window),
                                     make_ssim_side({20, 11, std::vector<double>(220)}, window), window),
               error);
  const float_clip small = moving_texture(2, 10, 64, 1, 0);
  EXPECT_EQ(why_unavailable(make_metric(config(json{{"type", "frame_ssim"}})), {.clip = small}),
            "needs frames of at least 11 x 11, has 64 x 10");
}

TEST(FramePsnr, OfKnownNoiseIsItsVariance) {
  // Both frames have noise: the difference has twice the variance. 12288 values: a standard error of 1.3 %.
  const float_clip clip = with_noise(moving_texture(2, 64, 64, 0, 0), 0.05);
  EXPECT_NEAR(measured("frame_psnr", {.clip = clip}).front().per_video,
              10 * std::log10(1 / (2 * 0.05 * 0.05)), 0.2);
}

TEST(LagSimilarity, FallsFromNearToFarWhereThingsMove) {
  const float_clip clip = moving_texture(5, 48, 48, 0.5, 0);
  const std::vector<double> curve = measured("lag_similarity", {.clip = clip}).front().curves.at("ssim");
  for (std::size_t i = 1; i < curve.size(); ++i) EXPECT_LT(curve[i], curve[i - 1]);
}

}  // namespace
}  // namespace zoetrope
