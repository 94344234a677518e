// Data with everything wrong at once: told before training starts, in one list.
#include <gtest/gtest.h>

#include <sys/stat.h>

#include "../../core/io/pictures.hpp"
#include "../../core/temporary_folder.hpp"
#include "training/dataset.hpp"

namespace zoetrope {
namespace {

std::unique_ptr<dataset> made(json options) {
  options.update({{"width", 16}, {"height", 16}});
  return make_dataset(config(std::move(options)));
}

std::string failure(const json& options) {
  return failure_of([&] { made(options); });
}

/// Of "…: what\n  line\n  line": the lines.
std::vector<std::string> listed(const std::string& message) {
  std::vector<std::string> lines;
  for (std::size_t at = message.find("\n  "); at != std::string::npos;) {
    const std::size_t end = message.find("\n  ", at + 1);
    lines.push_back(message.substr(at + 3, end == std::string::npos ? end : end - at - 3));
    at = end;
  }
  return lines;
}

/// Ten clips of which three are in order.
void put_clips(const temporary_folder& folder) {
  for (const char* name :
       {"good1.mp4", "good2.gif", "good3.gif", "no_caption.gif", "empty_caption.gif", "binary_caption.gif"})
    write_video(folder / name, gradient_clip(32, 24, 8));
  for (const char* name : {"good1", "good2", "good3", "cut", "short", "text"})
    folder.put(concat(name, ".txt"), "a clip");
  folder.put("empty_caption.txt", " \n");
  folder.put("binary_caption.txt",
             "\xFF\xFE"
             "a");
  write_video(folder / "short.gif", gradient_clip(32, 24, 3));
  const std::string whole = bytes_of(folder / "good1.mp4");
  folder.put("cut.mp4", whole.substr(0, whole.size() / 2));
  folder.put("text.webm", "this is no film");
  folder.put("none.gif", "");
}

TEST(BadData, OfAFolderOfClipsIsListedWhole) {
  const temporary_folder folder;
  put_clips(folder);
  const std::string message = failure({{"type", "clips"}, {"folder", folder.path()}});
  EXPECT_TRUE(mentions(
      message, concat("bad_input: ", folder.path().string(),
                      ": 7 of 10 clips cannot be used; skip_bad: true (--skip-bad) leaves them out")));
  const std::vector<std::string> lines = listed(message);
  ASSERT_EQ(lines.size(), 7u) << message;
  EXPECT_EQ(lines[0], "binary_caption.gif: binary_caption.txt is not valid UTF-8");
  EXPECT_TRUE(mentions(lines[1], "cut.mp4: "));
  EXPECT_EQ(lines[2], "empty_caption.gif: empty_caption.txt is empty");
  EXPECT_EQ(lines[3], "no_caption.gif: no caption: no_caption.txt is not there");
  EXPECT_EQ(lines[4], "none.gif: no caption: none.txt is not there; the file is empty");
  EXPECT_EQ(lines[5], "short.gif: has 3 frames, 8 are asked");
  EXPECT_TRUE(mentions(lines[6], "text.webm: "));
}

TEST(Clips, AreVideosOfEveryEndingThatEvalTakes) {
  const temporary_folder folder;
  write_video(folder / "a.mp4", gradient_clip(32, 24, 8));
  for (const char* name : {"b.mov", "c.MKV"}) std::filesystem::copy_file(folder / "a.mp4", folder / name);
  for (const char* name : {"a.txt", "b.txt", "c.txt"}) folder.put(name, "a clip");
  EXPECT_EQ(made({{"type", "clips"}, {"folder", folder.path()}})->size(), 3);
}

TEST(BadData, IsLeftOutAndToldWhereThatIsWanted) {
  const temporary_folder folder;
  put_clips(folder);
  json options{{"type", "clips"}, {"folder", folder.path()}, {"skip_bad", true}};
  const auto data = made(options);
  EXPECT_EQ(data->size(), 3);
  EXPECT_TRUE(data->skipped().starts_with(concat(folder.path().string(), ": 7 of 10 clips are left out\n")));
  EXPECT_EQ(listed(data->skipped()), listed(failure({{"type", "clips"}, {"folder", folder.path()}})));
  for (int64_t i = 0; i < 3; ++i) EXPECT_EQ(data->example(i).caption, "a clip");
  // Any number of threads tells the same.
  options["check_threads"] = 1;
  EXPECT_EQ(made(options)->skipped(), data->skipped());
  for (const char* name : {"good1.mp4", "good2.gif", "good3.gif"}) std::filesystem::remove(folder / name);
  EXPECT_TRUE(mentions(failure(options), "7 of 7 clips cannot be used\n"));
}

TEST(BadData, OfFrameFoldersIsListedWhole) {
  const temporary_folder folder;
  const auto put = [&](const std::string& name, int frames) {
    for (int i = 0; i < frames; ++i)
      write_jpeg((folder.put(name + "/prompt.txt", "a clip"), folder / name / concat(i, ".jpg")),
                 gradient(24, 16, i));
  };
  put("a", 4), put("b", 4), put("longer", 5), put("no_prompt", 4), put("sizes", 4), put("broken", 4);
  std::filesystem::remove(folder / "no_prompt/prompt.txt");
  write_jpeg(folder / "sizes/2.jpg", gradient(16, 24));
  folder.put("broken/3.jpg", "\xFF\xD8\xFF\xE0 and no more");
  folder.put("nothing/prompt.txt", "no frames");
  const std::string message = failure({{"type", "frame_folders"}, {"folder", folder.path()}});
  EXPECT_TRUE(mentions(message, "5 of 7 clips cannot be used"));
  const std::vector<std::string> lines = listed(message);
  ASSERT_EQ(lines.size(), 5u) << message;
  EXPECT_TRUE(mentions(lines[0], "broken: "));
  EXPECT_TRUE(mentions(lines[0], "3.jpg"));
  EXPECT_EQ(lines[1], "longer: has 5 frames, not 4 as 3 of 4 clips; give frames, or clips of one length");
  EXPECT_EQ(lines[2], "no_prompt: no caption: prompt.txt is not there");
  EXPECT_EQ(lines[3], "nothing: no .png, .jpg or .jpeg file in the folder");
  EXPECT_EQ(lines[4], concat("sizes: ", (folder / "sizes/2.jpg").string(),
                             " is 16 x 24, the first picture is 24 x 16"));
}

// Of lengths that as many clips have it is the longest, which is not what most have.
TEST(BadData, ClipsOfThreeLengthsAreToldHowManyHaveTheLongest) {
  const temporary_folder folder;
  for (const int frames : {2, 3, 4})
    for (int i = 0; i < frames; ++i)
      write_jpeg(
          (folder.put(concat(frames, "/prompt.txt"), "a clip"), folder / concat(frames, "/", i, ".jpg")),
          gradient(24, 16, i));
  const std::vector<std::string> lines =
      listed(failure({{"type", "frame_folders"}, {"folder", folder.path()}}));
  ASSERT_EQ(lines.size(), 2u);
  EXPECT_TRUE(mentions(lines[0], "2: has 2 frames, not 4 as 1 of 3 clips; "));
  EXPECT_TRUE(mentions(lines[1], "3: has 3 frames, not 4 as 1 of 3 clips; "));
}

TEST(BadData, OfAManifestIsToldWithItsLines) {
  const temporary_folder folder;
  write_video(folder / "a.gif", gradient_clip(16, 16, 8));
  const auto file = folder.put("list.jsonl", R"({"file": "a.gif", "caption": "good"}
{"file": "a.gif", "caption": "cut

{"file": "b.gif", "caption": "not there"}
{"caption": "of nothing"}
{"file": "a.gif", "frames": ["a.gif"], "caption": "of both"}
{"file": "a.gif"}
{"file": "a.gif", "caption": "a slip", "ftps": 3}
{"file": "a.gif", "caption": 7}
{"file": "a.gif", "caption": "late", "start": 99}
["a.gif"]
{"file": "/dev/zero", "caption": "no file"}
{"frames": [], "caption": "empty"}
{"file": "a.gif", "caption": "twice", "caption": "twice"}
)");
  const std::vector<std::string> lines = listed(failure({{"type", "manifest"}, {"file", file}}));
  const std::vector<std::pair<std::string, std::string>> wanted{
      {"line 2", "JSON"},
      {"line 4, b.gif: cannot be opened", "No such file"},
      {"line 5", "one of file and frames"},
      {"line 6", "one of file and frames"},
      {"line 7", "caption"},
      {"line 8", "ftps"},
      {"line 9", "caption"},
      {"line 10", "ends before its start at 99 s"},
      {"line 11", "object"},
      {"line 12", "not a regular file"},
      {"line 13", "frames"},
      {"line 14", "caption"}};
  ASSERT_EQ(lines.size(), wanted.size()) << failure({{"type", "manifest"}, {"file", file}});
  for (std::size_t i = 0; i < wanted.size(); ++i) {
    EXPECT_EQ(lines[i].rfind(wanted[i].first, 0), 0u) << lines[i];
    EXPECT_TRUE(mentions(lines[i], wanted[i].second));
  }
}

TEST(BadData, EmptyPlacesAreErrors) {
  const temporary_folder folder;
  for (const bool skip : {false, true}) {
    EXPECT_TRUE(
        mentions(failure({{"type", "clips"}, {"folder", folder.path()}, {"skip_bad", skip}}), "has no .mp4"));
    EXPECT_TRUE(mentions(failure({{"type", "frame_folders"}, {"folder", folder.path()}, {"skip_bad", skip}}),
                         "has no folder of frames"));
    EXPECT_TRUE(
        mentions(failure({{"type", "manifest"}, {"file", folder.put("m.jsonl", "\n\n")}, {"skip_bad", skip}}),
                 "has no line"));
  }
  EXPECT_TRUE(mentions(failure({{"type", "clips"}, {"folder", folder / "none"}}), "bad_input: "));
  EXPECT_TRUE(mentions(failure({{"type", "manifest"}, {"file", folder / "none.jsonl"}}), "bad_input: "));
}

TEST(BadData, OptionsAreReadBeforeFiles) {
  const temporary_folder folder;
  put_clips(folder);
  EXPECT_TRUE(mentions(failure({{"type", "clips"}, {"folder", folder.path()}, {"framse", 4}}), "$.framse"));
  EXPECT_TRUE(mentions(failure({{"type", "clips"}, {"folder", folder.path()}, {"frames", 0}}), "$.frames"));
  EXPECT_TRUE(mentions(failure({{"type", "clips"}}), "'folder' is missing"));
  EXPECT_TRUE(mentions(failure({{"type", "clip"}}), "did you mean 'clips'?"));
}

TEST(BadData, HostileFilesAreProblemsAndNoMore) {
  const temporary_folder folder;
  write_video(folder / "good.gif", gradient_clip(32, 24, 8));
  ASSERT_EQ(::mkfifo((folder / "pipe.mp4").c_str(), 0600), 0);
  std::filesystem::create_symlink("/dev/zero", folder / "zero.gif");
  std::filesystem::create_symlink("nowhere", folder / "dangling.gif");
  folder.put("list.mp4", "#EXTM3U\nfile:///etc/passwd\n");
  for (const char* name : {"good", "pipe", "zero", "dangling", "list", "many"})
    folder.put(concat(name, ".txt"), "a clip");
  folder.put("many.txt", std::string(1 << 20, 'a'));
  write_video(folder / "many.gif", gradient_clip(32, 24, 8));
  const std::string whole = bytes_of(folder / "good.gif");
  for (std::size_t size = 10; size < whole.size(); size += whole.size() / 7) {
    folder.put(concat("cut", size, ".gif"), whole.substr(0, size));
    folder.put(concat("cut", size, ".txt"), "a\x1b[2Jclip");
  }
  const auto data = made({{"type", "clips"}, {"folder", folder.path()}, {"skip_bad", true}});
  for (int64_t i = 0; i < data->size(); ++i) EXPECT_EQ(data->pixels(i).size(1), 8);
  const std::string all = data->skipped();
  for (const char* name : {"pipe.mp4", "zero.gif", "dangling.gif", "list.mp4", "many.gif", "cut10.gif"})
    EXPECT_TRUE(mentions(all, name));
}

TEST(BadData, AClipThatChangesAfterTheCheckIsAnError) {
  const temporary_folder folder;
  write_video(folder / "a.gif", gradient_clip(32, 24, 8));
  folder.put("a.txt", "a clip");
  const auto data = made({{"type", "clips"}, {"folder", folder.path()}});
  write_video(folder / "a.gif", gradient_clip(24, 32, 8));
  EXPECT_TRUE(mentions(failure_of([&] { data->pixels(0); }), "bad_input: a.gif: has changed: it is 24 x 32"));
  write_video(folder / "a.gif", gradient_clip(32, 24, 4));
  EXPECT_TRUE(mentions(failure_of([&] { data->pixels(0); }), "it has fewer"));
  std::filesystem::remove(folder / "a.gif");
  EXPECT_TRUE(mentions(failure_of([&] { data->pixels(0); }), "a.gif"));
}

}  // namespace
}  // namespace zoetrope
