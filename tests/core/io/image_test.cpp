#include "core/io/image.hpp"

#include <gtest/gtest.h>

#include "../temporary_folder.hpp"
#include "pictures.hpp"

namespace zoetrope {
namespace {

TEST(Image, EnlargeRepeatsEachPixel) {
  const rgb_image small{2, 1, {1, 2, 3, 4, 5, 6}};
  const rgb_image large = enlarge(small, 2);
  EXPECT_EQ(large.width, 4);
  EXPECT_EQ(large.height, 2);
  EXPECT_EQ(large.pixels, (std::vector<uint8_t>{1, 2, 3, 1, 2, 3, 4, 5, 6, 4, 5, 6,  //
                                                1, 2, 3, 1, 2, 3, 4, 5, 6, 4, 5, 6}));
  EXPECT_EQ(enlarge(small, 1).pixels, small.pixels);
}

TEST(Image, EnlargeRefusesFactorsThatMakeNoPicture) {
  EXPECT_TRUE(
      mentions(failure_of([] { enlarge(gradient(10, 10), 0); }), "usage: cannot enlarge 10 x 10 by 0"));
  EXPECT_TRUE(mentions(failure_of([] { enlarge(gradient(10, 10), 2000); }), "usage: cannot enlarge"));
  EXPECT_TRUE(mentions(failure_of([] { enlarge(rgb_image{2, 2, {1, 2, 3}}, 2); }), "has 3 bytes"));
}

TEST(Image, PngComesBackExactly) {
  const temporary_folder folder;
  for (const auto& [width, height] : {std::pair{1, 1}, {7, 5}, {64, 33}}) {
    const rgb_image image = gradient(width, height);
    write_png(folder / "a.png", image);
    const rgb_image back = read_image(folder / "a.png");
    EXPECT_EQ(back.width, width);
    EXPECT_EQ(back.height, height);
    EXPECT_EQ(back.pixels, image.pixels) << width << " x " << height;
  }
}

TEST(Image, PngOfTheSamePictureHasTheSameBytes) {
  const temporary_folder folder;
  write_png(folder / "a.png", gradient(40, 30), {{"seed", "7"}});
  write_png(folder / "b.png", gradient(40, 30), {{"seed", "7"}});
  EXPECT_EQ(bytes_of(folder / "a.png"), bytes_of(folder / "b.png"));
}

TEST(Image, PngMetadataIsTextAndInternationalText) {
  const temporary_folder folder;
  write_png(folder / "a.png", gradient(4, 4), {{"seed", "42"}, {"prompt", "ein Käfer läuft"}});
  const std::string bytes = bytes_of(folder / "a.png");
  using namespace std::string_literals;
  EXPECT_TRUE(mentions(bytes, "tEXtseed\0"s + "42"));
  EXPECT_TRUE(mentions(
      bytes, "iTXtprompt\0\0\0\0\0"s + "ein Käfer läuft"));  // not compressed, no language, no translated key
  write_png(folder / "b.png", gradient(4, 4));
  EXPECT_EQ(bytes_of(folder / "b.png").find("tEXt"), std::string::npos);
  EXPECT_EQ(bytes_of(folder / "b.png").find("iTXt"), std::string::npos);
}

TEST(Image, PngRefusesAnImpossibleMetadataKey) {
  const temporary_folder folder;
  EXPECT_TRUE(mentions(failure_of([&] {
                         write_png(folder / "a.png", gradient(4, 4), {{"", "x"}});
                       }),
                       "usage: PNG metadata key"));
  EXPECT_FALSE(std::filesystem::exists(folder / "a.png"));
}

TEST(Image, JpegComesBackNearly) {
  const temporary_folder folder;
  rgb_image smooth{64, 48, {}};
  for (int y = 0; y < 48; ++y)
    for (int x = 0; x < 64; ++x)
      for (const int value : {x * 3, 200, y * 4}) smooth.pixels.push_back(static_cast<uint8_t>(value));
  write_jpeg(folder / "a.jpg", smooth, 95);
  const rgb_image back = read_image(folder / "a.jpg");
  EXPECT_LE(mean_difference(back.pixels, smooth.pixels), 2.0);
  write_jpeg(folder / "b.jpg", smooth, 10);
  EXPECT_LT(bytes_of(folder / "b.jpg").size(), bytes_of(folder / "a.jpg").size());
  EXPECT_EQ(bytes_of(folder / "a.jpg").substr(0, 2), "\xFF\xD8");
}

TEST(Image, JpegRefusesQualitiesThatDoNotExist) {
  const temporary_folder folder;
  EXPECT_TRUE(mentions(failure_of([&] { write_jpeg(folder / "a.jpg", gradient(4, 4), 101); }),
                       "usage: JPEG quality 101"));
}

TEST(Image, AFailedWriteLeavesTheOldFile) {
  const temporary_folder folder;
  const auto file = folder.put("a.png", "old");
  EXPECT_NE(failure_of([&] { write_png(file, rgb_image{2, 2, {1}}); }), "no error");
  EXPECT_NE(failure_of([&] { write_png(file, gradient(2, 2), {{std::string(100, 'k'), "x"}}); }), "no error");
  EXPECT_EQ(bytes_of(file), "old");
}

}  // namespace
}  // namespace zoetrope
