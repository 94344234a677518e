// Which files are clips, in which order, and which reference belongs to which.
#include "eval/clip_files.hpp"

#include "tests/eval/made_results.hpp"

namespace zoetrope {
namespace {

std::vector<std::string> names_of(const std::vector<clip_file>& clips) {
  std::vector<std::string> names;
  for (const clip_file& clip : clips) names.push_back(clip.name);
  return names;
}
using names = std::vector<std::string>;

TEST(ClipFiles, AFolderHoldsVideosAndFoldersOfPictures) {
  const temporary_folder folder;
  for (const char* file : {"run/b10.gif", "run/b2.MP4", "run/notes.txt", "run/.hidden.gif", "run/sheet.png",
                           "run/c/0.png", "run/c/1.png", "run/empty/x.txt"})
    folder.put(file, "x");
  EXPECT_EQ(names_of(clips_in(folder / "run")), (names{"b2", "b10", "c"}));
  EXPECT_EQ(names_of(clips_in(folder / "run/c")), names{"c"});
  EXPECT_EQ(names_of(clips_in(folder / "run/c/")), names{"c"});
  EXPECT_EQ(names_of(clips_in(folder / "run/b10.gif")), names{"b10"});
  EXPECT_TRUE(failure_of([&] { clips_in(folder / "run/empty"); }).starts_with("bad_input: "));
  EXPECT_TRUE(failure_of([&] { clips_in(folder / "nowhere"); }).starts_with("bad_input: "));
}

TEST(ClipFiles, PartnersGoByNameUnlessThereIsOneOfEach) {
  const std::vector<clip_file> clips{{"a", "x/a.gif"}, {"b", "x/b.gif"}}, others{{"b", "y/b.mp4"}};
  EXPECT_EQ(partner_of(clips[0], clips, others), nullptr);
  EXPECT_EQ(partner_of(clips[1], clips, others), &others[0]);
  const std::vector<clip_file> one{clips[0]};
  EXPECT_EQ(partner_of(one[0], one, others), &others[0]);
  const std::vector<clip_file> twins{{"b", "y/b.gif"}, {"b", "y/b.mp4"}};
  EXPECT_EQ(failure_of([&] { partner_of(clips[1], clips, twins); }),
            "bad_input: y/b.gif and y/b.mp4: two references named 'b'");
  EXPECT_EQ(partner_of(clips[0], clips, twins), nullptr);
}

TEST(ClipFiles, NamesAreAsLongAsTheyMustBe) {
  const temporary_folder folder;
  folder.put("a/0.png", "x");
  EXPECT_EQ(distinct_names({{"a", folder / "a"}, {"a", "x/a.gif"}, {"a", "x/a.mp4"}, {"b", "x/b.gif"}}),
            (names{"a/", "a.gif", "a.mp4", "b"}));
  EXPECT_EQ(distinct_names({{"a", "x/a.gif"}, {"a", "y/a.gif"}}), (names{"x/a.gif", "y/a.gif"}));
}

TEST(ClipFiles, ResultsAreClipsWithTheirFramesAndTimes) {
  const temporary_folder folder;
  std::filesystem::create_directory(folder / "run");
  const made_experiment made{.side = 16, .length = 4};
  result cell = made_result(made, 0, 0, 0);
  cell.config["generation"]["video_duration"] = 500;
  write_result(folder / "run/one.h5", cell);
  write_result(folder / "run/two.h5", made_result(made, 1, 0, 0));
  write_result(folder / "run/wrong.h5", failed_result(made_result(made, 2, 0, 0), "no memory"));
  folder.put("run/three.part.h5", "half");
  folder.put("run/one.gif", "kept beside it");
  const std::vector<clip_file> clips = clips_in(folder / "run");
  ASSERT_EQ(names_of(clips), (names{"one", "two"}));
  EXPECT_EQ(clips[0].result->cell.prompt, made.prompts[0]);
  const timed_frames read = frames_of(clips[0]);
  EXPECT_EQ(read.frame_ms, std::vector<double>(4, 125.0));
  EXPECT_EQ(frames_of(clips[1]).frame_ms, std::vector<double>(4, 0.0));
  ASSERT_EQ(read.clip.frames.size(), 4u);
  const auto& stored = cell.frames.values;
  EXPECT_EQ(read.clip.frames[3], std::vector<std::uint8_t>(stored.begin() + 3 * 16 * 16 * 3, stored.end()));
  EXPECT_TRUE(mentions(failure_of([&] { clips_in(folder / "run/wrong.h5"); }), "wrong.h5: no clips"));
}

TEST(ClipFiles, ACollectionHoldsTheClipsOfItsCells) {
  const temporary_folder folder;
  write_experiment(folder.path(),
                   {.arms = {"conv", "none"}, .prompts = {"p"}, .seeds = {3}, .side = 16, .length = 2});
  merge_results(read_whole_results({folder / "made"}), folder / "all.h5");
  const std::vector<clip_file> clips = clips_in(folder / "all.h5");
  ASSERT_EQ(clips.size(), 2u);
  EXPECT_EQ(clips[0].result->group, "/cells/" + clips[0].name);
  EXPECT_EQ(frames_of(clips[1]).clip.frames.size(), 2u);
}

TEST(ClipFiles, WhatIsNoResultOrKeptNoFramesIsNamed) {
  const temporary_folder folder;
  const auto text = folder.put("run/text.h5", "x");
  EXPECT_TRUE(mentions(failure_of([&] { clips_in(folder / "run"); }), "bad_input: " + text.string()));
  write_result(folder / "bare.h5", made_result({.frames = false}, 0, 0, 0));
  EXPECT_EQ(failure_of([&] { frames_of(clips_in(folder / "bare.h5").front()); }),
            concat("bad_input: ", (folder / "bare.h5").string(), ": kept no frames (keep)"));
}

}  // namespace
}  // namespace zoetrope
