// What ControlNets are shown.
#include "core/vision/preprocessor.hpp"

#include <gtest/gtest.h>

#include "../io/pictures.hpp"
#include "../temporary_folder.hpp"

namespace zoetrope {
namespace {

rgb_frames prepared(json options, const rgb_frames& clip) {
  return make_preprocessor(config(std::move(options)))(clip);
}

/// One row of greys.
rgb_frames greys(const std::vector<uint8_t>& values) {
  rgb_frames clip{static_cast<int>(values.size()), 1, {{}}};
  for (const uint8_t value : values) clip.frames[0].insert(clip.frames[0].end(), 3, value);
  return clip;
}

TEST(Preprocessors, KeepSizeAndNumberOfFrames) {
  for (const std::string& name : preprocessors().names()) {
    const rgb_frames got = prepared({{"type", name}}, gradient_clip(19, 11, 3));
    EXPECT_EQ(got.width, 19) << name;
    EXPECT_EQ(got.height, 11) << name;
    ASSERT_EQ(got.frames.size(), 3u) << name;
    for (const auto& frame : got.frames) EXPECT_EQ(frame.size(), 19u * 11 * 3) << name;
  }
}

TEST(Preprocessors, RefuseWhatTheyDoNotKnow) {
  const rgb_frames clip = gradient_clip(4, 4, 1);
  EXPECT_TRUE(mentions(failure_of([&] {
                         prepared({{"type", "cany"}}, clip);
                       }),
                       "unknown preprocessor 'cany'; did you mean 'canny'?"));
  EXPECT_TRUE(mentions(failure_of([&] {
                         prepared({{"type", "none"}, {"low_threshold", 1}}, clip);
                       }),
                       "low_threshold"));
  EXPECT_TRUE(mentions(failure_of([&] {
                         prepared({{"type", "canny"}, {"low_threshold", 300}}, clip);
                       }),
                       "low_threshold 300 and high_threshold 200: wanted 0 <= low <= high"));
  EXPECT_TRUE(mentions(failure_of([&] {
                         prepared({{"type", "scribble"}, {"threshold", 0}}, clip);
                       }),
                       "threshold is 0, wanted 1 to 255"));
}

TEST(Preprocessors, LeaveFramesAndPosesAlone) {
  const rgb_frames clip = gradient_clip(9, 7, 2);
  for (const char* name : {"none", "pose"})
    EXPECT_EQ(prepared({{"type", name}}, clip).frames, clip.frames) << name;
  EXPECT_EQ(prepared(json::object(), clip).frames, clip.frames);
}

/// A box in a box over a strip, in colours.
rgb_frames drawing() {
  rgb_frames clip{16, 12, {{}}};
  for (int y = 0; y < 12; ++y)
    for (int x = 0; x < 16; ++x) {
      std::array<uint8_t, 3> colour = {200, 180, 160};
      if (y >= 3 && y < 9 && x >= 4 && x < 11) colour = {30, 60, 90};
      if (y >= 5 && y < 7 && x >= 6 && x < 9) colour = {200, 20, 250};
      if (y >= 10) colour = {90, 90, 95};
      clip.frames[0].insert(clip.frames[0].end(), colour.begin(), colour.end());
    }
  return clip;
}

TEST(Canny, IsPythonsCv2) {                                     // cv2.Canny(rgb, 100, 200), OpenCV 5.0.0
  const std::vector<std::string> wanted = {"................",  //
                                           "................",  //
                                           ".....#####......",  //
                                           "....#.....#.....",  //
                                           "...#......#.....",  //
                                           "...#..#.#.......",  //
                                           "...#..#.#.......",  //
                                           "...#......#.....",  //
                                           "....##...##.....",  //
                                           "###.........####",  //
                                           "....#######.....",  //
                                           "................"};
  const rgb_frames got = prepared({{"type", "canny"}}, drawing());
  for (int y = 0; y < 12; ++y)
    for (int x = 0; x < 16; ++x)
      for (int c = 0; c < 3; ++c)
        EXPECT_EQ(got.frames[0][(y * 16 + x) * 3 + c], wanted[y][x] == '#' ? 255 : 0) << x << ", " << y;
}

TEST(Canny, HigherThresholdsDrawLess) {
  const auto edges = [](double low, double high) {
    const rgb_frames got =
        prepared({{"type", "canny"}, {"low_threshold", low}, {"high_threshold", high}}, drawing());
    return std::count(got.frames[0].begin(), got.frames[0].end(), 255);
  };
  EXPECT_GT(edges(100, 200), 0);
  EXPECT_EQ(edges(5000, 5000), 0);
}

TEST(Depth, StretchesTheWholeClipToBlackAndWhite) {
  rgb_frames clip = greys({50, 100, 75});
  clip.frames.push_back(greys({60, 150, 50}).frames[0]);
  const rgb_frames got = prepared({{"type", "depth"}}, clip);
  EXPECT_EQ(got.frames[0], greys({0, 128, 64}).frames[0]);
  EXPECT_EQ(got.frames[1], greys({26, 255, 0}).frames[0]);
  EXPECT_EQ(prepared({{"type", "depth"}, {"invert", true}}, clip).frames[0],
            greys({255, 127, 191}).frames[0]);
  EXPECT_EQ(prepared({{"type", "depth"}, {"normalize", false}}, clip).frames, clip.frames);
}

TEST(Depth, LeavesAClipOfOneGreyAlone) {
  EXPECT_EQ(prepared({{"type", "depth"}}, greys({77, 77})).frames, greys({77, 77}).frames);
}

TEST(Depth, TakesColoursByTheirLuma) {  // Pillow 13: Image.convert("L") of (200, 20, 250) is 100
  rgb_frames clip{1, 1, {{200, 20, 250}}};
  EXPECT_EQ(prepared({{"type", "depth"}, {"normalize", false}}, clip).frames[0],
            (std::vector<uint8_t>{100, 100, 100}));
}

TEST(Scribble, DrawsWhiteOnBlackWhateverThePaper) {
  const auto on_black = greys({0, 0, 200, 20, 0}), on_white = greys({255, 240, 30, 250, 255});
  const auto wanted = greys({0, 0, 255, 0, 0}).frames;
  EXPECT_EQ(prepared({{"type", "scribble"}}, on_black).frames, wanted);
  EXPECT_EQ(prepared({{"type", "scribble"}}, on_white).frames, wanted);
  EXPECT_EQ(prepared({{"type", "scribble"}, {"invert", false}}, on_white).frames,
            greys({255, 255, 0, 255, 255}).frames);
  EXPECT_EQ(prepared({{"type", "scribble"}, {"threshold", 10}, {"invert", false}}, on_black).frames,
            greys({0, 0, 255, 255, 0}).frames);
}

}  // namespace
}  // namespace zoetrope
