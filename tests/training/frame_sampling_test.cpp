// Which frames are taken, against picks worked out by hand.
#include "training/frame_sampling.hpp"

#include <gtest/gtest.h>

#include "../core/temporary_folder.hpp"

namespace zoetrope {
namespace {

using windows = std::vector<std::vector<std::size_t>>;
const auto middle = window_choice::middle, first = window_choice::first, every = window_choice::every;

std::vector<double> lasting(std::size_t frames, double ms) { return std::vector<double>(frames, ms); }

TEST(FrameSampling, TakesEveryStridethFrame) {
  const auto picks = [](std::size_t frames, const frame_sampling& sampling) {
    return sampled_windows(lasting(frames, 0), sampling);
  };
  EXPECT_EQ(picks(8, {.frames = 4, .window = first}), (windows{{0, 1, 2, 3}}));
  EXPECT_EQ(picks(8, {.frames = 4}), (windows{{2, 3, 4, 5}}));
  EXPECT_EQ(picks(9, {.frames = 4}), (windows{{2, 3, 4, 5}}));
  EXPECT_EQ(picks(9, {.frames = 4, .stride = 2}), (windows{{1, 3, 5, 7}}));
  EXPECT_EQ(picks(7, {.frames = 4, .stride = 2}), (windows{{0, 2, 4, 6}}));
  EXPECT_EQ(picks(10, {.frames = 3, .window = every}), (windows{{0, 1, 2}, {3, 4, 5}, {6, 7, 8}}));
  EXPECT_EQ(picks(11, {.frames = 3, .stride = 2, .window = every}), (windows{{0, 2, 4}, {6, 8, 10}}));
  EXPECT_EQ(picks(5, {}), (windows{{0, 1, 2, 3, 4}}));
  EXPECT_EQ(picks(5, {.stride = 3}), (windows{{0, 3}}));
  EXPECT_EQ(picks(1, {.frames = 1}), (windows{{0}}));
}

TEST(FrameSampling, TakesFramesAtARate) {
  // 24 frames a second at 8: every third.
  EXPECT_EQ(sampled_windows(lasting(24, 1000.0 / 24), {.frames = 4, .fps = 8, .window = first}),
            (windows{{0, 3, 6, 9}}));
  // At 10 they begin at 0, 2.4, 4.8, 7.2, 9.6 frames.
  EXPECT_EQ(sampled_windows(lasting(24, 1000.0 / 24), {.frames = 5, .fps = 10, .window = first}),
            (windows{{0, 2, 5, 7, 10}}));
  // 30 a second from a file of 29.97: the nearest frames, none twice.
  EXPECT_EQ(sampled_windows(lasting(8, 1001.0 / 30), {.frames = 8, .fps = 30}),
            (windows{{0, 1, 2, 3, 4, 5, 6, 7}}));
  // The window's 300 ms among the 700 from the first to the last frame: from 200.
  EXPECT_EQ(sampled_windows(lasting(8, 100), {.frames = 4, .fps = 10}), (windows{{2, 3, 4, 5}}));
  EXPECT_EQ(sampled_windows(lasting(8, 100), {.frames = 2, .fps = 5, .window = every}),
            (windows{{0, 2}, {4, 6}}));
  EXPECT_EQ(sampled_windows(lasting(8, 100), {.frames = 2, .stride = 2, .fps = 10, .window = every}),
            (windows{{0, 2}, {4, 6}}));
  EXPECT_EQ(sampled_windows(lasting(9, 100), {.fps = 5}), (windows{{0, 2, 4, 6, 8}}));
  // Unequal frames: they begin at 0, 50, 250, 300, 500.
  EXPECT_EQ(sampled_windows({50, 200, 50, 200, 50}, {.frames = 3, .fps = 4, .window = first}),
            (windows{{0, 2, 4}}));
}

TEST(FrameSampling, BeginsWhereItIsTold) {
  EXPECT_EQ(sampled_windows(lasting(10, 100), {.frames = 3, .start = 0.5, .window = first}),
            (windows{{5, 6, 7}}));
  EXPECT_EQ(sampled_windows(lasting(10, 100), {.frames = 3, .fps = 5, .start = 0.3, .window = first}),
            (windows{{3, 5, 7}}));
  EXPECT_EQ(sampled_windows(lasting(10, 0), {.frames = 3, .source_fps = 10, .start = 0.5, .window = first}),
            (windows{{5, 6, 7}}));
  EXPECT_EQ(sampled_windows(lasting(11, 0), {.frames = 3, .fps = 5, .source_fps = 10}), (windows{{3, 5, 7}}));
}

TEST(FrameSampling, SaysWhatAClipLacks) {
  const auto failure = [](const std::vector<double>& frame_ms, const frame_sampling& sampling) {
    return failure_of([&] { sampled_windows(frame_ms, sampling); });
  };
  EXPECT_EQ(failure(lasting(5, 0), {.frames = 8}), "bad_input: has 5 frames, 8 are asked");
  EXPECT_EQ(failure(lasting(1, 0), {.frames = 8}), "bad_input: has 1 frame, 8 are asked");
  EXPECT_EQ(failure(lasting(1, 100), {.frames = 8, .fps = 5}),
            "bad_input: lasts for 1 frame at 5 a second, 8 are asked");
  EXPECT_EQ(failure(lasting(8, 0), {.frames = 8, .stride = 2, .window = every}),
            "bad_input: has 8 frames, 8 at a stride of 2 are asked");
  EXPECT_EQ(failure(lasting(10, 100), {.frames = 6, .start = 0.5}),
            "bad_input: has 5 frames from its start at 0.5 s, 6 are asked");
  EXPECT_EQ(failure(lasting(10, 100), {.frames = 8, .fps = 5}),
            "bad_input: lasts for 5 frames at 5 a second, 8 are asked");
  EXPECT_EQ(failure(lasting(10, 100), {.frames = 4, .fps = 25}),
            "bad_input: has fewer than 25 frames a second: some would be shown twice");
  EXPECT_EQ(failure(lasting(10, 0), {.frames = 4, .fps = 8}),
            "bad_input: does not tell how long its frames last; give source_fps");
  EXPECT_EQ(failure(lasting(10, 100), {.frames = 4, .start = 3}), "bad_input: ends before its start at 3 s");
  EXPECT_TRUE(mentions(failure(lasting(10, 100), {.frames = 4, .fps = 8, .start = 3}), "lasts for 0 frames"));
  EXPECT_EQ(failure({}, {.frames = 4}), "bad_input: has no frame");
}

TEST(FrameSampling, IsReadFromOptions) {
  const config options(
      json{{"stride", 2}, {"fps", 12.5}, {"source_fps", 25}, {"start", 1.5}, {"window", "every"}});
  const frame_sampling read = read_frame_sampling(options, {.frames = 16});
  options.expect_all_read();
  EXPECT_EQ(read.frames, 16);
  EXPECT_EQ(read.stride, 2);
  EXPECT_EQ(read.fps, 12.5);
  EXPECT_EQ(read.source_fps, 25);
  EXPECT_EQ(read.start, 1.5);
  EXPECT_EQ(read.window, every);
  for (const auto& [wrong, message] : std::vector<std::pair<json, std::string>>{
           {{{"stride", 0}}, "$.stride"},
           {{{"fps", 0}}, "$.fps"},
           {{{"fps", -1e300}}, "$.fps"},
           {{{"source_fps", "fast"}}, "$.source_fps"},
           {{{"start", -1}}, "$.start"},
           {{{"window", "last"}}, "is last, wanted middle, first or every"}})
    EXPECT_TRUE(
        mentions(failure_of([&, &wrong = wrong] { read_frame_sampling(config(wrong), {}); }), message));
}

}  // namespace
}  // namespace zoetrope
