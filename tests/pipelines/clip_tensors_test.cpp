// Files to tensors.
#include "pipelines/clip_tensors.hpp"

#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include "../core/io/pictures.hpp"
#include "../core/temporary_folder.hpp"
#include "core/io/aspect_fill.hpp"
#include "core/io/clip_reader.hpp"

namespace zoetrope {
namespace {

const clip_request eight_frames{.width = 16, .height = 8, .video_length = 8};

rgb_image flat(int width, int height, uint8_t value) {
  return {width, height, std::vector<uint8_t>(static_cast<std::size_t>(width) * height * 3, value)};
}

TEST(FramesTensor, HasBytesAsShares) {
  const rgb_frames clip{2, 1, {{0, 51, 255, 102, 0, 1}}};
  const at::Tensor got = frames_tensor(clip);
  EXPECT_TRUE(
      at::allclose(got, at::tensor({0., 0.4, 0.2, 0., 1., 1 / 255.}, at::kFloat).reshape({1, 3, 1, 2})));
  EXPECT_TRUE(got.is_contiguous());
}

TEST(ControlFrames, ArePickedAroundTheMiddleAndFilled) {
  const temporary_folder folder;
  const rgb_frames clip = gradient_clip(20, 30, 24);
  write_video(folder / "walk.png", clip);
  const at::Tensor got = control_frames(folder.path(), config(), eight_frames);
  // 24 frames without times count as 70 ms each: Hotshot-XL takes every second around the middle
  const rgb_frames picked = frames_at(clip, {4, 6, 8, 10, 12, 14, 16, 18});
  EXPECT_TRUE(at::equal(got, frames_tensor(aspect_fill(picked, 16, 8))));
}

TEST(ControlFrames, TakeOnePictureForAll) {
  const temporary_folder folder;
  write_png(folder / "a.png", gradient(16, 8));
  const at::Tensor got = control_frames(folder / "a.png", config(), eight_frames);
  EXPECT_EQ(got.sizes(), (std::vector<int64_t>{8, 3, 8, 16}));
  for (int64_t i = 0; i < 8; ++i) EXPECT_TRUE(at::equal(got[i], got[0]));
}

TEST(ControlFrames, SeeThePreprocessorAtTheFinalSize) {
  const temporary_folder folder;
  write_png(folder / "a.png", gradient(64, 32));
  const at::Tensor got = control_frames(folder / "a.png", config(json{{"type", "canny"}}), eight_frames);
  EXPECT_TRUE(got.eq(0).logical_or(got.eq(1)).all().item<bool>());
  EXPECT_EQ(got.sizes(), (std::vector<int64_t>{8, 3, 8, 16}));
}

TEST(ControlFrames, OnlyInCompatibilityResizeAGifsFirstFrameByNearest) {
  const temporary_folder folder;
  write_video(folder / "a.gif", gradient_clip(40, 30, 8));
  clip_request original = eight_frames;
  original.compat_hotshot = true;
  const at::Tensor ours = control_frames(folder / "a.gif", config(), eight_frames);
  const at::Tensor theirs = control_frames(folder / "a.gif", config(), original);
  EXPECT_FALSE(at::equal(ours[0], theirs[0]));
  EXPECT_TRUE(at::equal(ours.slice(0, 1), theirs.slice(0, 1)));
  const rgb_frames read = read_clip(folder / "a.gif").clip;
  EXPECT_TRUE(at::equal(theirs, frames_tensor(aspect_fill(read, 16, 8, resample_filter::nearest))));
}

TEST(ControlFrames, NameTheClipThatIsTooShort) {
  const temporary_folder folder;
  write_video(folder / "a.gif", flat_clip(16, 8, 5));
  EXPECT_TRUE(mentions(failure_of([&] { control_frames(folder / "a.gif", config(), eight_frames); }),
                       concat("bad_input: ", (folder / "a.gif").string(), ": has 5 frames, 8 are asked")));
  EXPECT_TRUE(
      mentions(failure_of([&] { control_frames(folder.put("b.gif", "nothing"), config(), eight_frames); }),
               "bad_input: "));
}

TEST(SourceFromClip, MasksFollowTheVideoOrItsClip) {
  const temporary_folder folder;
  rgb_frames grey{16, 8, {}};
  for (int i = 0; i < 24; ++i)
    grey.frames.push_back(flat(16, 8, static_cast<uint8_t>(i < 10 ? 127 : 128)).pixels);
  std::filesystem::create_directories(folder / "clip");
  write_video(folder / "clip/a.png",
              grey);  // serves as its own mask: places 4, 6, 8 are black, 10 … 18 white
  const at::Tensor black_and_white = at::tensor({0., 0., 0., 1., 1., 1., 1., 1.}, at::kFloat);
  const source_video own = source_from_clip(folder / "clip", folder / "clip", eight_frames);
  EXPECT_EQ(own.frames.sizes(), (std::vector<int64_t>{8, 3, 8, 16}));
  EXPECT_TRUE(at::equal(own.mask, black_and_white.view({8, 1, 1, 1}).expand({8, 1, 8, 16})));

  std::filesystem::create_directories(folder / "eight");
  write_video(folder / "eight/a.png", frames_at(grey, {0, 0, 0, 20, 20, 20, 20, 20}));
  EXPECT_TRUE(at::equal(source_from_clip(folder / "clip", folder / "eight", eight_frames).mask, own.mask));
  write_png(folder / "white.png", flat(32, 16, 255));
  EXPECT_TRUE(
      source_from_clip(folder / "clip", folder / "white.png", eight_frames).mask.eq(1).all().item<bool>());
  EXPECT_FALSE(source_from_clip(folder / "clip", {}, eight_frames).mask.defined());

  std::filesystem::create_directories(folder / "five");
  write_video(folder / "five/a.png", frames_at(grey, {0, 1, 2, 3, 4}));
  EXPECT_TRUE(
      mentions(failure_of([&] { source_from_clip(folder / "clip", folder / "five", eight_frames); }),
               "five: the mask has 5 frames, wanted 1, as many as the video (8) or as its clip (24)"));
}

TEST(SourceFromPictures, KeepsTheGivenFramesAndFillsWithTheNearest) {
  const temporary_folder folder;
  write_png(folder / "dark.png", flat(16, 8, 0));
  write_png(folder / "light.png", flat(16, 8, 255));
  const source_video source =
      source_from_pictures({{folder / "dark.png", 1}, {folder / "light.png", 5}}, eight_frames);
  EXPECT_EQ(source.strength, 1);
  const at::Tensor light = source.frames.mean({1, 2, 3}), made_anew = source.mask.mean({1, 2, 3});
  EXPECT_TRUE(at::equal(
      light, at::tensor({0., 0., 0., 0., 1., 1., 1., 1.}, at::kFloat)));  // 3 is between: the earlier
  EXPECT_TRUE(at::equal(made_anew, at::tensor({1., 0., 1., 1., 1., 0., 1., 1.}, at::kFloat)));
}

TEST(SourceFromPictures, RefusesFramesThatAreNone) {
  EXPECT_TRUE(
      mentions(failure_of([] { source_from_pictures({}, eight_frames); }), "usage: no picture is given"));
  EXPECT_TRUE(mentions(failure_of([] {
                         source_from_pictures({{"a", 8}}, eight_frames);
                       }),
                       "usage: a picture is given for frame 8; the video has frames 0 to 7"));
  EXPECT_TRUE(mentions(failure_of([] {
                         source_from_pictures({{"a", 2}, {"b", 2}}, eight_frames);
                       }),
                       "two pictures are given for frame 2"));
}

}  // namespace
}  // namespace zoetrope
