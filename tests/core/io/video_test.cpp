#include "core/io/video.hpp"

#include <gtest/gtest.h>

#include <numeric>

#include "../temporary_folder.hpp"
#include "pictures.hpp"

namespace zoetrope {
namespace {

double total(const std::vector<double>& values) { return std::accumulate(values.begin(), values.end(), 0.0); }

TEST(GifDelays, AlternateSoThatTheTotalIsRight) {
  EXPECT_EQ(gif_delays(8, 1000, false), (std::vector<int>{12, 13, 12, 13, 12, 13, 12, 13}));
  EXPECT_EQ(gif_delays(3, 1000, false), (std::vector<int>{33, 33, 34}));
  EXPECT_EQ(gif_delays(1, 1000, false), (std::vector<int>{100}));
}

TEST(GifDelays, EqualOnesAreHotshots) { EXPECT_EQ(gif_delays(8, 1000, true), std::vector<int>(8, 12)); }

TEST(GifDelays, RefuseWhatAGifCannotTell) {
  EXPECT_TRUE(mentions(failure_of([] { gif_delays(200, 1000, false); }), "more than the 100 a second"));
  EXPECT_TRUE(mentions(failure_of([] { gif_delays(1, 700'000'000, false); }), "cannot last"));
}

// Delays as the file tells them: after each graphic control extension's 21 F9 04 flags.
std::vector<int> stored_delays(const std::string& gif) {
  std::vector<int> delays;
  for (std::size_t at = 0; (at = gif.find("\x21\xF9\x04", at)) != std::string::npos; at += 8)
    delays.push_back(static_cast<unsigned char>(gif[at + 4]) + 256 * static_cast<unsigned char>(gif[at + 5]));
  return delays;
}

TEST(Gif, KeepsFramesTimesAndFlatColours) {
  const temporary_folder folder;
  for (const gif_dither dither : {gif_dither::none, gif_dither::bayer}) {
    const rgb_frames clip = flat_clip(16, 12, 8);
    video_options options;
    options.dither = dither;
    EXPECT_EQ(write_video(folder / "a.gif", clip, options),
              std::vector<std::filesystem::path>{folder / "a.gif"});
    EXPECT_EQ(stored_delays(bytes_of(folder / "a.gif")), gif_delays(8, 1000, false));
    const timed_frames back = read_video(folder / "a.gif");
    ASSERT_EQ(back.clip.frames.size(), 8u);
    EXPECT_EQ(back.clip.width, 16);
    EXPECT_EQ(back.clip.height, 12);
    EXPECT_DOUBLE_EQ(total(back.frame_ms), 1000.0);
    EXPECT_DOUBLE_EQ(back.frame_ms[0], 120.0);
    EXPECT_DOUBLE_EQ(back.frame_ms[7], 130.0);
    for (int i = 0; i < 8; ++i)
      EXPECT_LE(largest_difference(back.clip.frames[i], clip.frames[i]), 2) << "frame " << i;
  }
}

TEST(Gif, LoopsForEver) {
  const temporary_folder folder;
  write_video(folder / "a.gif", flat_clip(8, 8, 2));
  using namespace std::string_literals;
  EXPECT_TRUE(mentions(bytes_of(folder / "a.gif"), "NETSCAPE2.0\x03\x01\0\0\0"s));
}

TEST(Gif, HotshotsTimingIsTwelveEach) {
  const temporary_folder folder;
  video_options options;
  options.equal_gif_delays = true;
  write_video(folder / "a.gif", flat_clip(8, 8, 8), options);
  EXPECT_DOUBLE_EQ(total(read_video(folder / "a.gif").frame_ms), 960.0);
}

TEST(Gif, APaletteOfOneClipIsCloseToManyColours) {
  const temporary_folder folder;
  const rgb_frames clip = gradient_clip(64, 64, 4);
  write_video(folder / "a.gif", clip);
  const timed_frames back = read_video(folder / "a.gif");
  for (int i = 0; i < 4; ++i) EXPECT_LE(mean_difference(back.clip.frames[i], clip.frames[i]), 12.0);
}

TEST(Gif, StillPicturesAndRepeatedFramesKeepTheirNumber) {
  const temporary_folder folder;
  rgb_frames clip = flat_clip(8, 8, 1);
  clip.frames.resize(5, clip.frames[0]);
  write_video(folder / "a.gif", clip);
  const timed_frames back = read_video(folder / "a.gif");
  EXPECT_EQ(back.clip.frames.size(), 5u);
  EXPECT_DOUBLE_EQ(total(back.frame_ms), 1000.0);
}

TEST(Gif, SameClipSameBytes) {
  const temporary_folder folder;
  write_video(folder / "a.gif", gradient_clip(32, 24, 5));
  write_video(folder / "b.gif", gradient_clip(32, 24, 5));
  EXPECT_EQ(bytes_of(folder / "a.gif"), bytes_of(folder / "b.gif"));
}

TEST(Mp4, KeepsFramesTimesAndColours) {
  const temporary_folder folder;
  for (const auto& [frames, duration] : {std::pair{8, 1000}, {7, 1001}, {24, 1000}, {1, 500}}) {
    const rgb_frames clip = flat_clip(32, 48, frames);
    video_options options;
    options.duration_ms = duration;
    options.mp4_crf = 5;
    write_video(folder / "a.mp4", clip, options);
    const timed_frames back = read_video(folder / "a.mp4");
    ASSERT_EQ(back.clip.frames.size(), static_cast<std::size_t>(frames));
    EXPECT_NEAR(total(back.frame_ms), duration, 1e-6);
    for (const double one : back.frame_ms) EXPECT_NEAR(one, static_cast<double>(duration) / frames, 1e-6);
    for (int i = 0; i < frames; ++i)
      EXPECT_LE(largest_difference(back.clip.frames[i], clip.frames[i]), 6)
          << "frame " << i << " of " << frames;
  }
}

TEST(Mp4, OddSidesRepeatTheLastRowAndColumn) {
  const temporary_folder folder;
  video_options options;
  options.mp4_crf = 5;
  write_video(folder / "a.mp4", flat_clip(33, 17, 2), options);
  const timed_frames back = read_video(folder / "a.mp4");
  EXPECT_EQ(back.clip.width, 34);
  EXPECT_EQ(back.clip.height, 18);
  EXPECT_LE(largest_difference(back.clip.frames[1], flat_clip(34, 18, 2).frames[1]), 6);
}

TEST(Mp4, TheIndexStandsInFront) {
  const temporary_folder folder;
  write_video(folder / "a.mp4", flat_clip(16, 16, 4));
  const std::string bytes = bytes_of(folder / "a.mp4");
  ASSERT_NE(bytes.find("moov"), std::string::npos);
  EXPECT_LT(bytes.find("moov"), bytes.find("mdat"));
}

TEST(Mp4, CarriesMetadataOnlyWhereThereIsSome) {
  const temporary_folder folder;
  video_options options;
  options.metadata = {{"prompt", "ein Käfer"}, {"seed", "0"}, {"config_hash", "abc"}};
  write_video(folder / "a.mp4", flat_clip(16, 16, 2), options);
  const media_metadata back = read_video(folder / "a.mp4").metadata;
  for (const auto& entry : options.metadata)
    EXPECT_NE(std::find(back.begin(), back.end(), entry), back.end()) << entry.first;
  options.metadata.clear();
  write_video(folder / "b.mp4", flat_clip(16, 16, 2), options);
  for (const auto& [key, value] : read_video(folder / "b.mp4").metadata)
    EXPECT_TRUE(key != "prompt" && key != "seed" && key != "comment") << key << " = " << value;
}

TEST(Mp4, SameClipSameBytes) {
  const temporary_folder folder;
  write_video(folder / "a.mp4", gradient_clip(32, 24, 5));
  write_video(folder / "b.mp4", gradient_clip(32, 24, 5));
  EXPECT_EQ(bytes_of(folder / "a.mp4"), bytes_of(folder / "b.mp4"));
}

TEST(Pngs, AreNumberedAndExact) {
  const temporary_folder folder;
  const rgb_frames clip = gradient_clip(9, 7, 3);
  const auto names = write_video(folder / "walk.png", clip);
  ASSERT_EQ(names.size(), 3u);
  EXPECT_EQ(names[2], folder / "walk-0002.png");
  for (int i = 0; i < 3; ++i) EXPECT_EQ(read_image(names[i]).pixels, clip.frames[i]);
  EXPECT_EQ(write_video(folder / "one.png", gradient_clip(9, 7, 1)).at(0), folder / "one.png");
}

TEST(Pngs, NoneAppearsWhereOneCannotBeWritten) {
  const temporary_folder folder;
  std::filesystem::create_directory(folder / "walk-0001.png");
  EXPECT_TRUE(mentions(failure_of([&] { write_video(folder / "walk.png", gradient_clip(4, 4, 3)); }),
                       "runtime: output"));
  EXPECT_FALSE(std::filesystem::exists(folder / "walk-0000.png"));
  EXPECT_FALSE(std::filesystem::exists(folder / "walk-0000.part.png"));
}

TEST(WriteVideo, NamesTheKnownExtensions) {
  const temporary_folder folder;
  const std::string message = failure_of([&] { write_video(folder / "a.avi", flat_clip(4, 4, 1)); });
  EXPECT_TRUE(mentions(message, "usage: output"));
  EXPECT_TRUE(mentions(message, "'.avi' is not known; known are .gif, .mp4, .png, .jpg, .jpeg"));
  EXPECT_TRUE(mentions(failure_of([&] { check_video_path(folder / "a", 1); }), "the extension ''"));
}

TEST(WriteVideo, RefusesClipsThatAreNone) {
  const temporary_folder folder;
  EXPECT_TRUE(mentions(failure_of([&] {
                         write_video(folder / "a.gif", {4, 4, {}});
                       }),
                       "usage: a clip without frames"));
  rgb_frames uneven = flat_clip(4, 4, 3);
  uneven.frames[1].resize(5);
  EXPECT_TRUE(
      mentions(failure_of([&] { write_video(folder / "a.gif", uneven); }), "usage: frame 1 has 5 bytes"));
  EXPECT_TRUE(mentions(failure_of([&] { write_video(folder / "a.gif", {0, 4, {{}}}); }), "frame 0 is 0 x 4"));
  EXPECT_TRUE(mentions(failure_of([&] { write_video(folder / "a.jpg", flat_clip(4, 4, 2)); }),
                       "a JPEG holds one frame"));
  video_options backwards;
  backwards.duration_ms = -5;
  EXPECT_TRUE(mentions(failure_of([&] { write_video(folder / "a.gif", flat_clip(4, 4, 2), backwards); }),
                       "a duration of -5 ms"));
}

TEST(WriteVideo, AnUnwritableOutputIsSaidBeforeTheRun) {
  const temporary_folder folder;
  for (const char* name : {"missing/a.gif", "missing/a.mp4", "missing/a.png"}) {
    EXPECT_TRUE(mentions(failure_of([&] { check_video_path(folder / name, 8); }), "runtime: "));
    EXPECT_TRUE(
        mentions(failure_of([&] { write_video(folder / name, flat_clip(4, 4, 2)); }), "runtime: output"));
  }
  check_video_path(folder / "good.gif", 8);
  EXPECT_TRUE(std::filesystem::is_empty(folder.path()));
}

TEST(WriteVideo, AFailedWriteLeavesTheOldFileAndNoPart) {
  const temporary_folder folder;
  const auto file = folder.put("a.gif", "old");
  EXPECT_NE(failure_of([&] { write_video(file, flat_clip(4, 4, 500)); }), "no error");  // 500 frames a second
  EXPECT_EQ(bytes_of(file), "old");
  EXPECT_EQ(std::distance(std::filesystem::directory_iterator(folder.path()), {}), 1);
}

TEST(Enlarge, WorksOnEveryFrame) {
  const rgb_frames large = enlarge(flat_clip(3, 2, 4), 5);
  EXPECT_EQ(large.width, 15);
  EXPECT_EQ(large.height, 10);
  EXPECT_EQ(large.frames, flat_clip(15, 10, 4).frames);
}

}  // namespace
}  // namespace zoetrope
