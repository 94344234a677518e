// Clips from files and folders.
#include "core/io/clip_reader.hpp"

#include <gtest/gtest.h>

#include "../temporary_folder.hpp"
#include "core/io/gif_blocks.hpp"
#include "pictures.hpp"

namespace zoetrope {
namespace {

rgb_image flat(int width, int height, uint8_t value) {
  return {width, height, std::vector<uint8_t>(static_cast<std::size_t>(width) * height * 3, value)};
}

TEST(ReadClip, TakesAFolderInNaturalOrder) {
  const temporary_folder folder;
  for (const int i : {10, 2, 1})
    write_png(folder / concat("frame", i, ".png"), flat(4, 3, static_cast<uint8_t>(i)));
  folder.put("prompt.txt", "a cat");
  folder.put(".hidden.png", "not looked at");
  const timed_frames read = read_clip(folder.path());
  ASSERT_EQ(read.clip.frames.size(), 3u);
  EXPECT_EQ(read.clip.frames[0], flat(4, 3, 1).pixels);
  EXPECT_EQ(read.clip.frames[1], flat(4, 3, 2).pixels);
  EXPECT_EQ(read.clip.frames[2], flat(4, 3, 10).pixels);
  EXPECT_EQ(read.frame_ms, std::vector<double>(3, 0.0));
}

TEST(ReadClip, NamesWhatIsWrongInAFolder) {
  const temporary_folder folder;
  EXPECT_TRUE(
      mentions(failure_of([&] { read_clip(folder.path()); }),
               concat("bad_input: ", folder.path().string(), ": no .png, .jpg or .jpeg file in the folder")));
  write_png(folder / "1.png", flat(4, 3, 0));
  write_png(folder / "2.png", flat(4, 4, 0));
  EXPECT_TRUE(
      mentions(failure_of([&] { read_clip(folder.path()); }),
               concat("bad_input: ", (folder / "2.png").string(), " is 4 x 4, the first picture is 4 x 3")));
  folder.put("2.png", "not a picture");
  EXPECT_TRUE(failure_of([&] {
                read_clip(folder.path());
              }).starts_with(concat("bad_input: ", (folder / "2.png").string(), ": not a GIF")));
  EXPECT_TRUE(
      mentions(failure_of([&] { read_clip(folder.path(), 1); }), "2 pictures in the folder, at most 1"));
  EXPECT_TRUE(mentions(failure_of([&] { read_clip(folder / "none.gif"); }), "bad_input: "));
}

TEST(ReadClip, TakesFilesAndSinglePictures) {
  const temporary_folder folder;
  write_video(folder / "a.gif", flat_clip(8, 6, 5));
  write_png(folder / "a.png", flat(4, 3, 7));
  EXPECT_EQ(read_clip(folder / "a.gif").clip.frames.size(), 5u);
  EXPECT_EQ(read_clip(folder / "a.gif").frame_ms, std::vector<double>(5, 200.0));
  EXPECT_EQ(read_clip(folder / "a.png").clip.frames.size(), 1u);
  EXPECT_TRUE(is_gif(folder / "a.gif"));
  EXPECT_FALSE(is_gif(folder / "a.png"));
  EXPECT_FALSE(is_gif(folder / "none"));
}

/// A GIF whose delays are overwritten: after each graphic control extension's 21 F9 04 flags.
std::filesystem::path gif_with_delays(const temporary_folder& folder,
                                      const std::vector<uint8_t>& hundredths) {
  write_video(folder / "a.gif", flat_clip(8, 6, static_cast<int>(hundredths.size())));
  std::string bytes = bytes_of(folder / "a.gif");
  std::size_t at = 0;
  for (const uint8_t delay : hundredths) {
    at = bytes.find("\x21\xF9\x04", at) + 4;
    bytes[at] = static_cast<char>(delay);
    bytes[at + 1] = 0;
  }
  return folder.put("b.gif", bytes);
}

TEST(ReadClip, TellsTheTimesThatAGifIsStoredWith) {
  const temporary_folder folder;
  const std::filesystem::path file = gif_with_delays(folder, {5, 0, 7, 1, 0});
  EXPECT_EQ(stored_gif_delays_ms(file), (std::vector<double>{50, 0, 70, 10, 0}));
  EXPECT_EQ(read_clip(file).frame_ms, (std::vector<double>{50, 0, 70, 10, 0}));
  EXPECT_NE(read_video(file).frame_ms,
            (std::vector<double>{50, 0, 70, 10, 0}));  // plays zeros as browsers do
}

TEST(GifDelays, EndWithTheFile) {
  const temporary_folder folder;
  const std::string whole = bytes_of(gif_with_delays(folder, {5, 6, 7}));
  for (std::size_t size = 0; size < whole.size(); ++size) {
    const auto got = stored_gif_delays_ms(folder.put("cut.gif", std::string_view(whole).substr(0, size)));
    ASSERT_LE(got.size(), 3u) << size;
    for (std::size_t i = 0; i < got.size(); ++i) ASSERT_EQ(got[i], 50.0 + 10.0 * static_cast<double>(i));
  }
  EXPECT_TRUE(stored_gif_delays_ms(folder.put("a.png", "\x89PNG")).empty());
}

TEST(FramesAt, PicksAndRepeats) {
  const rgb_frames clip = flat_clip(2, 2, 4), got = frames_at(clip, {3, 0, 0});
  EXPECT_EQ(got.frames, (std::vector<std::vector<uint8_t>>{clip.frames[3], clip.frames[0], clip.frames[0]}));
}

TEST(InspectClip, TellsTimesAndSizeAndKeepsOneFrame) {
  const temporary_folder folder;
  for (const char* name : {"a.mp4", "a.gif"}) {
    write_video(folder / name, gradient_clip(32, 24, 10), {.duration_ms = 1000});
    const timed_frames whole = read_clip(folder / name), inspected = inspect_clip(folder / name);
    EXPECT_EQ(inspected.frame_ms, whole.frame_ms) << name;
    EXPECT_EQ(inspected.clip.width, 32);
    EXPECT_EQ(inspected.clip.height, 24);
    ASSERT_EQ(inspected.clip.frames.size(), 1u);
    EXPECT_EQ(inspected.clip.frames[0], whole.clip.frames[0]) << name;
  }
}

TEST(InspectClip, FailsWhereTheWholeClipWould) {
  const temporary_folder folder;
  write_video(folder / "whole.gif", gradient_clip(32, 24, 10));
  const std::string bytes = bytes_of(folder / "whole.gif");
  const auto cut = folder.put("cut.gif", bytes.substr(0, 40));
  EXPECT_TRUE(mentions(failure_of([&] { inspect_clip(cut); }), "bad_input: "));
  EXPECT_TRUE(mentions(failure_of([&] { inspect_video(folder / "whole.gif", 9); }), "more than 9 frames"));
}

TEST(ReadVideoFrames, GivesTheSameFramesAsTheWhole) {
  const temporary_folder folder;
  for (const char* name : {"a.mp4", "a.gif"}) {
    write_video(folder / name, gradient_clip(32, 24, 12));
    const rgb_frames whole = read_video(folder / name).clip;
    for (const std::vector<std::size_t>& indices :
         std::vector<std::vector<std::size_t>>{{0}, {11}, {2, 5, 6}, {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11}})
      EXPECT_EQ(read_video_frames(folder / name, indices).frames, frames_at(whole, indices).frames) << name;
  }
}

TEST(ReadVideoFrames, RefusesFramesThatAreNotThere) {
  const temporary_folder folder;
  write_video(folder / "a.mp4", gradient_clip(32, 24, 4));
  const auto failure = [&](std::vector<std::size_t> indices) {
    return failure_of([&] { read_video_frames(folder / "a.mp4", indices); });
  };
  EXPECT_TRUE(mentions(failure({1, 4}), "bad_input: " + (folder / "a.mp4").string()));
  EXPECT_TRUE(mentions(failure({1, 4}), "frame 4 is asked, it has fewer"));
  EXPECT_TRUE(mentions(failure({2, 1}), "usage: the frames that are asked do not rise"));
  EXPECT_TRUE(mentions(failure({1, 1}), "usage: "));
  EXPECT_TRUE(mentions(failure({}), "usage: "));
}

TEST(ReadPictures, ComparesAllAndKeepsWhatIsAsked) {
  const temporary_folder folder;
  for (const int i : {1, 2, 3})
    write_png(folder / concat(i, ".png"), flat(4, i == 3 ? 4 : 3, static_cast<uint8_t>(i)));
  const std::vector<std::filesystem::path> all = pictures_in(folder.path());
  ASSERT_EQ(all.size(), 3u);
  EXPECT_EQ(read_pictures({all[0], all[1]}).frames.size(), 2u);
  EXPECT_EQ(read_pictures({all[0], all[1]}, false).frames.size(), 1u);
  EXPECT_TRUE(mentions(failure_of([&] { read_pictures(all, false); }), "3.png is 4 x 4"));
}

}  // namespace
}  // namespace zoetrope
