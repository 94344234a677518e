// Which files are clips, in which order, and which reference belongs to which.
#include "eval/clip_files.hpp"

#include "tests/core/temporary_folder.hpp"

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
}

}  // namespace
}  // namespace zoetrope
