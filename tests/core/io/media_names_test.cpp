#include "core/io/media_names.hpp"

#include "tests/core/temporary_folder.hpp"

namespace zoetrope {
namespace {

TEST(NaturalOrder, CountsRunsOfDigitsAsNumbers) {
  EXPECT_TRUE(naturally_before("frame2.png", "frame10.png"));
  EXPECT_FALSE(naturally_before("frame10.png", "frame2.png"));
  EXPECT_TRUE(naturally_before("a9b2", "a09b10"));
  EXPECT_TRUE(naturally_before("a", "ab"));
  EXPECT_TRUE(naturally_before("1", "18446744073709551616000"));
  EXPECT_FALSE(naturally_before("7", "7"));
  EXPECT_NE(naturally_before("7", "07"), naturally_before("07", "7"));
}

TEST(MediaNames, EndingsCountInEitherCase) {
  EXPECT_EQ(ending_of("a/b.Tar.GIF"), ".gif");
  EXPECT_EQ(ending_of("a.b/c"), "");
  for (const char* name : {"a.gif", "a.MP4", "a.webm", "a.MOV", "a.mkv"}) {
    EXPECT_TRUE(is_video(name)) << name;
    EXPECT_FALSE(is_picture(name)) << name;
  }
  for (const char* name : {"a.png", "a.jpg", "a.JPEG"}) {
    EXPECT_TRUE(is_picture(name)) << name;
    EXPECT_FALSE(is_video(name)) << name;
  }
  for (const char* name : {"a.txt", "gif", "a.gif.txt"})
    EXPECT_FALSE(is_video(name) || is_picture(name)) << name;
}

TEST(MediaNames, EntriesComeInNaturalOrderWithoutHiddenOnes) {
  const temporary_folder folder;
  for (const char* name : {"10.gif", "9.gif", ".1.gif", "text.txt"}) folder.put(name, "");
  const auto videos = entries_of(folder.path(), [](const auto& entry) { return is_video(entry); });
  EXPECT_EQ(videos, (std::vector<std::filesystem::path>{folder / "9.gif", folder / "10.gif"}));
  EXPECT_EQ(failure_of([&] { entries_of(folder / "none", [](const auto&) { return true; }); }),
            concat("bad_input: ", (folder / "none").string(),
                   ": the folder cannot be read: No such file or directory"));
}

}  // namespace
}  // namespace zoetrope
