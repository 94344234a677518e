#include "eval/report/clip_sheet.hpp"

#include "core/io/image.hpp"
#include "tests/eval/made_results.hpp"

namespace zoetrope {
namespace {

TEST(ClipSheet, HoldsEveryFrameToTheBit) {
  const temporary_folder folder;
  const auto clip = moving_disc(16, 10, 1, 0);
  const clip_sheet sheet = make_clip_sheet(clip, 256);
  EXPECT_EQ(std::vector<int>({sheet.columns, sheet.rows, sheet.width, sheet.height}),
            std::vector<int>({8, 2, 16, 16}));
  ASSERT_TRUE(sheet.data_uri.starts_with("data:image/png;base64,"));
  // base64 by coreutils, PNG by our reader
  folder.put("sheet.txt", sheet.data_uri.substr(sheet.data_uri.find(',') + 1));
  const std::string png = (folder / "sheet.png").string();
  ASSERT_EQ(std::system(("base64 -d " + (folder / "sheet.txt").string() + " > " + png).c_str()), 0);
  const rgb_image image = read_image(png);
  ASSERT_EQ(image.width, 128);
  for (int frame = 0; frame < 10; ++frame)
    for (int y = 0; y < 16; ++y)
      for (int x = 0; x < 48; ++x)
        ASSERT_EQ(image.pixels[std::size_t(((frame / 8 * 16 + y) * 128 + frame % 8 * 16) * 3 + x)],
                  clip.values[std::size_t((frame * 16 + y) * 48 + x)]);
}

TEST(ClipSheet, LargeFramesAreShrunkAndCoded) {
  const clip_sheet sheet = make_clip_sheet(moving_disc(300, 3, 4, 1), 128);
  EXPECT_EQ(sheet.width, 128);
  EXPECT_TRUE(sheet.data_uri.starts_with("data:image/jpeg;base64,/9j/"));
  EXPECT_TRUE(mentions(failure_of([] { make_clip_sheet({{1, 2, 3}, {1, 1, 3}}, 128); }), "bad_input: "));
}

}  // namespace
}  // namespace zoetrope
