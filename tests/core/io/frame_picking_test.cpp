// Against Hotshot-XL's extract_gif_frames_from_midpoint.
#include "core/io/frame_picking.hpp"

#include <gtest/gtest.h>

#include "../temporary_folder.hpp"

namespace zoetrope {
namespace {

using indices = std::vector<std::size_t>;

TEST(FramePicking, IsHotshots) {
  struct pick_case {
    std::size_t frames;
    double frame_ms;
    std::size_t wanted;
    double target_ms;
    indices picked;
  };
  const pick_case cases[] = {
      {8, 125, 8, 1000, {0, 1, 2, 3, 4, 5, 6, 7}},
      {20, 50, 8, 1000, {2, 4, 6, 8, 10, 12, 14, 16}},
      {24, 40, 8, 1000, {1, 4, 7, 10, 13, 16, 19, 22}},
      {100, 40, 8, 1000, {35, 39, 43, 47, 51, 55, 59, 63}},
      {100, 10, 8, 1000, {7, 19, 31, 43, 55, 67, 79, 91}},
      {17, 100, 8, 1000, {4, 5, 6, 7, 8, 9, 10, 11}},
      {9, 100, 8, 1000, {0, 1, 2, 3, 4, 5, 6, 7}},
      {60, 33, 16, 500, {22, 23, 24, 25, 26, 27, 28, 29, 30, 31, 32, 33, 34, 35, 36, 37}},
      {120, 100, 1, 1000, {59}},
      {33, 70, 4, 700, {11, 14, 17, 20}},
  };
  for (const pick_case& one : cases)
    EXPECT_EQ(frames_around_midpoint(one.frames, one.frame_ms, one.wanted, one.target_ms), one.picked)
        << one.frames << " frames of " << one.frame_ms << " ms";
}

TEST(FramePicking, RefusesAClipThatIsTooShort) {
  EXPECT_TRUE(mentions(failure_of([] { frames_around_midpoint(5, 100, 8, 1000); }),
                       "bad_input: has 5 frames, 8 are asked"));
  EXPECT_TRUE(mentions(failure_of([] { frames_around_midpoint(5, 100, 0, 1000); }), "usage: no frame"));
}

TEST(FramePicking, TakesTheLastTimeThatIsTold) {
  EXPECT_EQ(estimated_frame_ms({50, 0, 70, 0, 0}), 70);
  EXPECT_EQ(estimated_frame_ms(std::vector<double>(16, 0.0)), 125);
  EXPECT_EQ(estimated_frame_ms(std::vector<double>(17, 0.0)), 70);
}

}  // namespace
}  // namespace zoetrope
