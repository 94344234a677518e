#include "core/io/float_clip.hpp"

#include <gtest/gtest.h>

#include <cmath>

#include "core/error.hpp"

namespace zoetrope {
namespace {

TEST(FloatClip, EveryByteComesBack) {
  rgb_frames clip{16, 16, {std::vector<uint8_t>(768), std::vector<uint8_t>(768, 7)}};
  for (std::size_t i = 0; i < 768; ++i) clip.frames[0][i] = uint8_t(i);
  const float_clip numbers = to_float(clip);
  EXPECT_EQ(numbers.frames, 2);
  EXPECT_EQ(numbers.pixels[255], 1.f);
  EXPECT_EQ(numbers.pixels[51], 0.2f);
  EXPECT_EQ(to_rgb(numbers).frames, clip.frames);
}

TEST(FloatClip, ValuesOutsideAreClampedAndRounded) {
  const float_clip clip{2, 1, 1, {-1, 2, NAN, 0.5f, 1.49f / 255, 1.51f / 255}};
  EXPECT_EQ(to_rgb(clip).frames[0], (std::vector<uint8_t>{0, 255, 0, 128, 1, 2}));
}

TEST(FloatClip, SizesMustFit) {
  EXPECT_THROW(to_rgb({2, 2, 1, {0, 0, 0}}), error);
  EXPECT_THROW(check_clip({}), error);
  EXPECT_THROW(to_float({}), error);
}

}  // namespace
}  // namespace zoetrope
