// See clip_sheet.hpp.
#include "eval/report/clip_sheet.hpp"

#include <algorithm>
#include <cmath>

#include "core/error.hpp"
#include "core/io/frame_writers.hpp"
#include "core/io/resample.hpp"
#include "eval/report/html.hpp"

namespace zoetrope {

namespace {

constexpr int lossless_side = 96;  // up to here a PNG is small enough
constexpr int jpeg_quality = 90;
constexpr int columns_on_paper = 8;  // a row of small frames across a page

rgb_image frame_of(const hdf5_array<std::uint8_t>& clip, int frame, int width, int height) {
  rgb_image image{static_cast<int>(clip.shape[2]), static_cast<int>(clip.shape[1]), {}};
  const auto size = static_cast<std::ptrdiff_t>(clip.shape[1] * clip.shape[2] * 3);
  image.pixels.assign(clip.values.begin() + frame * size, clip.values.begin() + (frame + 1) * size);
  return image.width == width && image.height == height ? image : resample(image, width, height);
}

void put(rgb_image& sheet, const rgb_image& frame, int column, int row) {
  for (int y = 0; y < frame.height; ++y) {
    const auto from = frame.pixels.begin() + std::ptrdiff_t{3} * y * frame.width;
    const auto to =
        std::ptrdiff_t{3} * (std::ptrdiff_t{row * frame.height + y} * sheet.width + column * frame.width);
    std::copy(from, from + std::ptrdiff_t{3} * frame.width, sheet.pixels.begin() + to);
  }
}

}  // namespace

clip_sheet make_clip_sheet(const hdf5_array<std::uint8_t>& clip, int longest_side) {
  ZT_CHECK(clip.shape.size() == 4 && clip.shape[3] == 3 && !clip.values.empty(), bad_input,
           "/frames: wanted frames, height, width, 3");
  check_image(static_cast<int>(clip.shape[2]), static_cast<int>(clip.shape[1]),
              static_cast<std::size_t>(clip.shape[1] * clip.shape[2] * 3), "/frames");
  clip_sheet sheet;
  sheet.frames = static_cast<int>(clip.shape[0]);
  sheet.columns = std::max(std::min(sheet.frames, columns_on_paper),
                           static_cast<int>(std::ceil(std::sqrt(sheet.frames / 4.0))));
  sheet.rows = (sheet.frames + sheet.columns - 1) / sheet.columns;
  const double side = static_cast<double>(std::max(clip.shape[1], clip.shape[2]));
  const double room = std::min(longest_side, max_image_side / std::max(sheet.columns, sheet.rows));
  const double scale = std::min(1.0, room / side);
  sheet.width = std::max(1, static_cast<int>(std::lround(scale * static_cast<double>(clip.shape[2]))));
  sheet.height = std::max(1, static_cast<int>(std::lround(scale * static_cast<double>(clip.shape[1]))));
  rgb_image grid{sheet.columns * sheet.width, sheet.rows * sheet.height, {}};
  grid.pixels.assign(std::size_t{3} * grid.width * grid.height, 255);
  for (int frame = 0; frame < sheet.frames; ++frame)
    put(grid, frame_of(clip, frame, sheet.width, sheet.height), frame % sheet.columns, frame / sheet.columns);
  const bool lossless = std::max(sheet.width, sheet.height) <= lossless_side;
  const auto bytes =
      lossless ? png_bytes(grid.width, grid.height, grid.pixels, {}) : jpeg_bytes(grid, jpeg_quality);
  sheet.data_uri = concat("data:image/", lossless ? "png" : "jpeg", ";base64,", base64(bytes));
  return sheet;
}

}  // namespace zoetrope
