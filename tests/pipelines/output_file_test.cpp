// Where clips go. That the formats hold what they should: tests/core/io.
#include "pipelines/output_file.hpp"

#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include <set>

#include "tests/core/temporary_folder.hpp"

namespace zoetrope {
namespace {

namespace fs = std::filesystem;
using names = std::set<std::string>;

rgb_frames clip_of(int frames, uint8_t value = 7) {
  return {4, 2, std::vector<std::vector<uint8_t>>(frames, std::vector<uint8_t>(4 * 2 * 3, value))};
}

void write(const fs::path& path, const rgb_frames& clip) {
  const std::string format = output_format(path, static_cast<int64_t>(clip.frames.size()), false);
  check_writable(path, format, static_cast<int64_t>(clip.frames.size()));
  output_formats().find(format)(path, clip, {});
}

std::string checked(const fs::path& path, const std::string& format, int64_t frames = 2) {
  return failure_of([&] { check_writable(path, format, frames); });
}

TEST(OutputFile, TheFormatIsThatOfTheEnding) {
  const temporary_folder folder;
  const auto format = [&](const std::string& name, int64_t frames = 8, bool compat = false) {
    return output_format(folder / name, frames, compat);
  };
  EXPECT_EQ(format("a.gif"), "gif");
  EXPECT_EQ(format("a.MP4"), "mp4");
  EXPECT_EQ(format("a.jpeg", 1), "jpg");
  EXPECT_EQ(format("a/"), "folder");
  EXPECT_EQ(format(""), "folder") << "it is there";
  EXPECT_EQ(format("a.safetensors"), "safetensors");
  EXPECT_EQ(format("a.gif", 1, true), "jpg");
  for (const char* name : {"a", "a.webm", "a.folder"})
    EXPECT_TRUE(mentions(failure_of([&] { format(name); }), "usage: --output: ")) << name;
  EXPECT_TRUE(mentions(failure_of([&] { format("a.jpg", 8); }), "holds one picture, not 8"));
}

TEST(OutputFile, SeveralClipsAreNumbered) {
  using paths = std::vector<fs::path>;
  EXPECT_EQ(output_paths("a/clip.gif", 1), paths{"a/clip.gif"});
  EXPECT_EQ(output_paths("a/clip.gif", 2), (paths{"a/clip-0.gif", "a/clip-1.gif"}));
  EXPECT_EQ(output_paths("frames/", 2), (paths{"frames-0/", "frames-1/"}));
}

TEST(OutputFile, AFolderOfFramesIsNewOrEmpty) {
  const temporary_folder folder;
  fs::create_directory(folder / "empty");
  for (const char* path : {"new/", "deep/er/", "empty/"}) {
    write(folder / path, clip_of(2));
    EXPECT_EQ(names_in(folder / path), (names{"frame-0000.png", "frame-0001.png"})) << path;
  }
  fs::create_directory(folder / "named");
  write(folder / "named", clip_of(1));
  EXPECT_EQ(names_in(folder / "named"), names{"frame.png"});
  EXPECT_EQ(names_in(folder.path()), (names{"new", "deep", "empty", "named"}));
}

TEST(OutputFile, FramesOfAKilledRunDoNotMixWithNewOnes) {
  const temporary_folder folder;
  folder.put("frames.part/frame-0002.png", "of a longer clip");
  write(folder / "frames/", clip_of(2));
  EXPECT_EQ(names_in(folder / "frames"), (names{"frame-0000.png", "frame-0001.png"}));
  EXPECT_EQ(names_in(folder.path()), names{"frames"});
}

TEST(OutputFile, WhatStandsThereIsSafe) {
  const temporary_folder folder;
  folder.put("frames/mine.png", "mine");
  folder.put("file", "mine");
  EXPECT_TRUE(mentions(checked(folder / "frames/", "folder"), "runtime: --output: "));
  EXPECT_TRUE(mentions(checked(folder / "frames/", "folder"), "exists and is not an empty folder"));
  EXPECT_TRUE(mentions(failure_of([&] { write(folder / "frames/", clip_of(2)); }), "not an empty folder"));
  EXPECT_TRUE(mentions(checked(folder / "file/", "folder"), "exists and is not an empty folder"));
  EXPECT_TRUE(mentions(checked(folder / "file/a.gif", "gif"), "Not a directory"));
  EXPECT_TRUE(mentions(checked(folder / "frames", "gif"), "it is a folder"));
  EXPECT_EQ(names_in(folder.path()), (names{"frames", "file"}));
  EXPECT_EQ(bytes_of(folder / "frames/mine.png"), "mine");
}

TEST(OutputFile, ACheckLeavesNoFileBehind) {
  const temporary_folder folder;
  const auto old = folder.put("old.gif", "an earlier clip");
  for (const auto& [path, format] :
       {std::pair("a.gif", "gif"), std::pair("a.mp4", "mp4"), std::pair("a.png", "png"),
        std::pair("a/", "folder"), std::pair("old.gif", "gif"), std::pair("a.safetensors", "safetensors")})
    EXPECT_EQ(checked(folder / path, format), "no error") << path;
  EXPECT_EQ(names_in(folder.path()), names{"old.gif"});
  EXPECT_EQ(bytes_of(old), "an earlier clip");
  EXPECT_EQ(checked(folder / "deep/er/a.gif", "gif"), "no error");
  EXPECT_EQ(names_in(folder / "deep/er"), names{});
}

TEST(OutputFile, ColoursAreRoundedOrCut) {
  const at::Tensor video = at::tensor({-1.0f, 0.0f, 100.4f / 255, 100.6f / 255, 1.0f, 2.0f})
                               .view({1, 1, 1, 1, 6})
                               .expand({1, 3, 1, 1, 6});
  const auto reds = [&](bool cut) {
    std::vector<int> values;
    const rgb_frames clip = frames_of(video, 0, cut);
    for (std::size_t i = 0; i < clip.frames.at(0).size(); i += 3) values.push_back(clip.frames[0][i]);
    return values;
  };
  EXPECT_EQ(reds(false), (std::vector<int>{0, 0, 100, 101, 255, 255}));
  EXPECT_EQ(reds(true), (std::vector<int>{0, 0, 100, 100, 255, 255}));
}

// 8-bit frames as they are and enlarged are in every format's bytes; encoders come on top.
TEST(OutputFile, WritingTakesTheFramesAndTheEncoder) {
  const int64_t pixels = 672 * 384;
  EXPECT_EQ(writing_bytes("safetensors", pixels, 8, 1), 0);
  EXPECT_EQ(writing_bytes("png", pixels, 8, 1), 2 * 8 * 3 * pixels);
  EXPECT_EQ(writing_bytes("folder", pixels, 8, 2), (1 + 4) * 8 * 3 * pixels);
  for (const char* format : {"gif", "mp4"}) {
    EXPECT_GT(writing_bytes(format, pixels, 8, 1), writing_bytes("png", pixels, 8, 1)) << format;
    EXPECT_GT(writing_bytes(format, pixels, 8, 2),
              writing_bytes(format, 4 * pixels, 8, 1) - (3 * 8 * 4 + 1) * pixels)
        << format << ": the encoder sees the enlarged frames";
  }
  // What waits in x264 is no more than its longest queue.
  const auto beside = [&](int64_t frames) {
    return writing_bytes("mp4", pixels, frames, 1) - writing_bytes("png", pixels, frames, 1);
  };
  EXPECT_GT(beside(45), beside(44));
  EXPECT_EQ(beside(1000), beside(45));
}

}  // namespace
}  // namespace zoetrope
