// What comes from elsewhere is refused in words, and opens nothing else.
#include <gtest/gtest.h>
#include <sys/stat.h>

#include "../temporary_folder.hpp"
#include "core/io/video.hpp"
#include "pictures.hpp"

namespace zoetrope {
namespace {

TEST(HostileMedia, PlaylistsOpenNothing) {
  const temporary_folder folder;
  write_video(folder / "secret.mp4", flat_clip(16, 16, 2));
  const std::string secret = (folder / "secret.mp4").string();
  folder.put("a.mp4", "#EXTM3U\n#EXT-X-MEDIA-SEQUENCE:0\n#EXTINF:1,\n" + secret + "\n#EXT-X-ENDLIST\n");
  folder.put("b.mp4", "ffconcat version 1.0\nfile '" + secret + "'\n");
  folder.put("c.mp4", "<?xml version=\"1.0\"?><MPD><BaseURL>" + secret + "</BaseURL></MPD>");
  folder.put("d.mp4", "v=0\nm=video 5004 RTP/AVP 96\n");
  for (const char* name : {"a.mp4", "b.mp4", "c.mp4", "d.mp4"})
    EXPECT_TRUE(
        mentions(failure_of([&] { read_video(folder / name); }), "bad_input: " + (folder / name).string()))
        << name;
}

TEST(HostileMedia, WhatIsNoFileOrNoPictureIsSaid) {
  const temporary_folder folder;
  folder.put("empty.png", "");
  folder.put("text.gif", "hello, this is not a picture at all");
  ::mkfifo((folder / "pipe.gif").c_str(), 0600);
  EXPECT_TRUE(mentions(failure_of([&] { read_video(folder / "empty.png"); }), "the file is empty"));
  EXPECT_TRUE(mentions(failure_of([&] { read_video(folder / "text.gif"); }), "bad_input: "));
  EXPECT_TRUE(mentions(failure_of([&] { read_video(folder / "pipe.gif"); }), "not a regular file"));
  EXPECT_TRUE(mentions(failure_of([&] { read_video(folder.path()); }), "not a regular file"));
  EXPECT_TRUE(mentions(failure_of([&] { read_video(folder / "missing.gif"); }), "cannot be opened"));
}

TEST(HostileMedia, TruncatedPngsAreErrors) {
  const temporary_folder folder;
  write_png(folder / "whole.png", gradient(64, 64));
  const std::string whole = bytes_of(folder / "whole.png");
  for (const std::size_t length : {8ul, 20ul, 40ul, whole.size() / 2, whole.size() - 30}) {
    folder.put("cut.png", whole.substr(0, length));
    EXPECT_TRUE(mentions(failure_of([&] { read_image(folder / "cut.png"); }), "bad_input: "))
        << length << " bytes";
  }
}

TEST(HostileMedia, DamagedPngsAreErrors) {
  const temporary_folder folder;
  write_png(folder / "whole.png", gradient(64, 64));
  std::string bytes = bytes_of(folder / "whole.png");
  bytes[bytes.size() / 2] ^= 0x55;
  folder.put("damaged.png", bytes);
  EXPECT_TRUE(mentions(failure_of([&] { read_image(folder / "damaged.png"); }), "bad_input: "));
}

// A PNG that is all header: claims a size and holds no pixels. The checksum is right for neither, so it is
// computed.
std::string png_header_of(uint32_t width, uint32_t height) {
  const auto big_endian = [](uint32_t value) {
    std::string out;
    for (int shift = 24; shift >= 0; shift -= 8) out += static_cast<char>(value >> shift & 0xFF);
    return out;
  };
  std::string chunk =
      "IHDR" + big_endian(width) + big_endian(height) + std::string("\x08\x02\x00\x00\x00", 5);
  uint32_t crc = 0xFFFFFFFF;
  for (const char byte : chunk) {
    crc ^= static_cast<unsigned char>(byte);
    for (int bit = 0; bit < 8; ++bit) crc = crc >> 1 ^ (crc & 1 ? 0xEDB88320u : 0);
  }
  return "\x89PNG\r\n\x1A\n" + big_endian(13) + chunk + big_endian(~crc) + big_endian(0) +
         "IEND\xAE\x42\x60\x82";
}

TEST(HostileMedia, HugeSizesAreRefusedBeforeTheyCostMemory) {
  const temporary_folder folder;
  for (const auto& [width, height] :
       {std::pair{100'000u, 100'000u}, {2'000'000'000u, 1u}, {16'385u, 1u}, {16'384u, 16'384u}}) {
    folder.put("huge.png", png_header_of(width, height));
    EXPECT_TRUE(mentions(failure_of([&] { read_image(folder / "huge.png"); }), "bad_input: "))
        << width << " x " << height;
  }
}

// Tables of 4 G entries, which libavformat takes for too little memory.
TEST(HostileMedia, AHeaderThatAsksForMemoryIsABadInput) {
  const temporary_folder folder;
  write_video(folder / "whole.mp4", flat_clip(16, 16, 2));
  const std::string whole = bytes_of(folder / "whole.mp4");
  for (const char* box : {"stts", "stco"}) {
    std::string bytes = whole;
    ASSERT_NE(bytes.find(box), std::string::npos);
    bytes.replace(bytes.find(box) + 8, 4, 4, '\xff');
    folder.put("damaged.mp4", bytes);
    const std::string told = failure_of([&] { read_video(folder / "damaged.mp4"); });
    EXPECT_TRUE(mentions(told, "bad_input: " + (folder / "damaged.mp4").string())) << box;
  }
}

TEST(HostileMedia, ClipsWithTooManyFramesAreRefused) {
  const temporary_folder folder;
  write_video(folder / "a.gif", flat_clip(8, 8, 5));
  EXPECT_EQ(read_video(folder / "a.gif", 5).clip.frames.size(), 5u);
  EXPECT_TRUE(mentions(failure_of([&] { read_video(folder / "a.gif", 4); }), "more than 4 frames"));
}

TEST(HostileMedia, EveryCutOfAGifIsAnError) {
  const temporary_folder folder;
  write_video(folder / "whole.gif", gradient_clip(12, 10, 3));
  const std::string whole = bytes_of(folder / "whole.gif");
  for (std::size_t length = 0; length < whole.size(); ++length) {
    folder.put("cut.gif", whole.substr(0, length));
    EXPECT_TRUE(failure_of([&] { read_video(folder / "cut.gif"); }).starts_with("bad_input: ")) << length;
    EXPECT_TRUE(failure_of([&] { inspect_video(folder / "cut.gif"); }).starts_with("bad_input: ")) << length;
  }
  EXPECT_TRUE(mentions(failure_of([&] { read_video(folder / "cut.gif"); }),
                       "cut or not finished: behind 3 whole frames its end mark"));
}

TEST(HostileMedia, WhatComesBehindAGifIsNotLookedAt) {
  const temporary_folder folder;
  write_video(folder / "a.gif", gradient_clip(12, 10, 3));
  const auto longer = folder.put("longer.gif", bytes_of(folder / "a.gif") + std::string("\0\0more", 6));
  EXPECT_EQ(read_video(longer).clip.frames, read_video(folder / "a.gif").clip.frames);
}

}  // namespace
}  // namespace zoetrope
