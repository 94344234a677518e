// Still pictures: 8-bit RGB in memory, PNG and JPEG as files.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <utility>
#include <vector>

namespace zoetrope {

/// The largest picture that is read or written.
inline constexpr int max_image_side = 16384;
inline constexpr int64_t max_image_pixels = 256'000'000;

/// 8-bit RGB, rows from the top, no padding: height x width x 3 bytes.
struct rgb_image {
  int width = 0, height = 0;
  std::vector<uint8_t> pixels;
};

/// What a file tells about its making: names ("prompt", "seed") and values in UTF-8.
using media_metadata = std::vector<std::pair<std::string, std::string>>;

/// error{usage} unless the sides are 1 … max_image_side, the area is at most max_image_pixels and `pixels`
/// has its size; `what` names the picture.
void check_image(int width, int height, std::size_t bytes, const std::string& what);

/// ITU-R 601 luma, rounded as Pillow's convert("L") does.
inline uint8_t luma(const uint8_t* rgb) {
  return static_cast<uint8_t>((19595 * rgb[0] + 38470 * rgb[1] + 7471 * rgb[2] + 0x8000) >> 16);
}

/// Each pixel becomes n x n of the same colour; error{usage} for n < 1 or a result over the limits.
rgb_image enlarge(const rgb_image& image, int n);

/// A PNG or a JPEG, told apart by content, without its transparency; error{bad_input} for anything else.
rgb_image read_image(const std::filesystem::path& file);

/// Text goes into tEXt chunks, or iTXt where it is not ASCII. The file appears whole or not at all.
void write_png(const std::filesystem::path& file, const rgb_image& image,
               const media_metadata& metadata = {});
/// `quality` 1 … 100 on the usual scale, to the nearest of the encoder's steps; 4:2:0.
void write_jpeg(const std::filesystem::path& file, const rgb_image& image, int quality = 95);

}  // namespace zoetrope
