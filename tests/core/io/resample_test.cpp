// Against Pillow 13.0.0's Image.resize, and Hotshot-XL's scale_aspect_fill on it: hashes of whole results,
// because one wrong byte is already wrong.
#include "core/io/resample.hpp"

#include <gtest/gtest.h>

#include "../temporary_folder.hpp"
#include "core/io/aspect_fill.hpp"
#include "pictures.hpp"

namespace zoetrope {
namespace {

struct resize_case {
  int width, height, to_width, to_height;
  uint64_t lanczos, bicubic, nearest;
};

TEST(Resample, IsPillowsToTheByte) {
  const resize_case cases[] = {
      {5, 4, 3, 3, 0x8bfd3e23301d5b49u, 0x23faa930db2883aeu, 0xe089a945c11400edu},
      {8, 6, 20, 15, 0x22f1442e23bb8d25u, 0xdf317e79ca0804a6u, 0x2f93715980d097b6u},
      {40, 30, 7, 9, 0x8b88b3d1eda17650u, 0x3ddafed9c67b9362u, 0x15f2c504fd32c439u},
      {17, 61, 30, 13, 0xf7323661f396a031u, 0xc383abfb0a36f465u, 0xbe3e1402f5c3b8afu},  // columns first
      {23, 64, 20, 10, 0xb2992563e7ab9396u, 0x35bea23ad4c1d25u, 0x193b378f4fd6e83bu},   // columns first
      {64, 48, 64, 12, 0xebcc94e6164ff64du, 0xb56066b700d67c38u, 0x8561a90ec798c5a7u},
      {31, 9, 13, 9, 0x8295ff1ee39a31d9u, 0x6c4193047565e903u, 0xcb764902475db128u},
      {50, 50, 50, 50, 0xf2fc8ebb5fcb4eb2u, 0xf2fc8ebb5fcb4eb2u, 0xf2fc8ebb5fcb4eb2u},
      {1, 7, 5, 3, 0x101b91a032fba03du, 0x367ba67a6ce6d4d3u, 0xfd16d4419f16c778u},
      {100, 3, 2, 40, 0x5450b6ea23eda254u, 0xcccb7b108fe18ca7u, 0x32081365002000d8u}};
  for (const resize_case& one : cases) {
    const rgb_image image = noise(one.width, one.height);
    const auto name = concat(one.width, " x ", one.height, " -> ", one.to_width, " x ", one.to_height);
    EXPECT_EQ(hash_of(resample(image, one.to_width, one.to_height).pixels), one.lanczos) << name;
    EXPECT_EQ(hash_of(resample(image, one.to_width, one.to_height, resample_filter::bicubic).pixels),
              one.bicubic)
        << name;
    EXPECT_EQ(hash_of(resample(image, one.to_width, one.to_height, resample_filter::nearest).pixels),
              one.nearest)
        << name;
  }
}

TEST(Resample, AWindowIsItsPartOfTheWhole) {
  const rgb_image image = noise(31, 23);
  for (const resample_filter filter :
       {resample_filter::lanczos, resample_filter::bicubic, resample_filter::nearest})
    for (const auto& [width, height] : {std::pair{50, 12}, {20, 40}, {31, 9}}) {
      const rgb_image whole = resample(image, width, height, filter);
      const rgb_image part = resample(image, width, height, filter, {3, 2, 11, 6});
      for (int y = 0; y < 6; ++y)
        for (int i = 0; i < 33; ++i)
          ASSERT_EQ(part.pixels[y * 33 + i], whole.pixels[((y + 2) * width + 3) * 3 + i])
              << width << " " << height;
    }
}

TEST(Resample, RefusesSizesThatAreNone) {
  const rgb_image image = noise(4, 4);
  EXPECT_TRUE(mentions(failure_of([&] { resample(image, 0, 4); }), "usage: the resized picture is 0 x 4"));
  EXPECT_TRUE(
      mentions(failure_of([&] { resample(image, 20000, 4); }), "usage: the resized picture is 20000 x 4"));
  EXPECT_TRUE(mentions(failure_of([&] {
                         resample(image, 8, 8, resample_filter::lanczos, {4, 0, 5, 8});
                       }),
                       "a window of 5 x 8 at 4, 0 is not inside 8 x 8"));
}

TEST(AspectFill, IsHotshotsToTheByte) {
  struct fill_case {
    int width, height, to_width, to_height;
    uint64_t hash;
  };
  const fill_case cases[] = {{50, 30, 24, 16, 0x37db2edbc4741a7bu}, {30, 50, 24, 16, 0x2694fc1adbe78092u},
                             {33, 17, 24, 16, 0x0c15ccd608cf987fu}, {24, 16, 24, 16, 0xcdb14fcdfaea378au},
                             {61, 62, 32, 64, 0x66752dc041aaf842u}, {7, 90, 16, 8, 0xed5c1e5141cc5abcu},
                             {13, 11, 64, 64, 0x0291da9850a325bcu}};
  for (const fill_case& one : cases)
    EXPECT_EQ(hash_of(aspect_fill(noise(one.width, one.height), one.to_width, one.to_height).pixels),
              one.hash)
        << one.width << " x " << one.height << " -> " << one.to_width << " x " << one.to_height;
}

TEST(AspectFill, TakesTheFirstFrameOfAClipAsItIsTold) {
  const rgb_frames clip{10, 6, {noise(10, 6).pixels, noise(10, 6).pixels}};
  const rgb_frames got = aspect_fill(clip, 16, 16, resample_filter::nearest);
  EXPECT_EQ(got.frames[0], aspect_fill(noise(10, 6), 16, 16, resample_filter::nearest).pixels);
  EXPECT_EQ(got.frames[1], aspect_fill(noise(10, 6), 16, 16).pixels);
  EXPECT_NE(got.frames[0], got.frames[1]);
}

TEST(AspectFill, NeedsNoMemoryForWhatIsCutAway) {
  EXPECT_EQ(aspect_fill(noise(4000, 1), 64, 64).pixels.size(), 64u * 64 * 3);  // 256000 x 64 before the cut
}

}  // namespace
}  // namespace zoetrope
