// See image.hpp.
#include "core/io/image.hpp"

#include <algorithm>

#include "core/error.hpp"

namespace zoetrope {

void check_image(int width, int height, std::size_t bytes, const std::string& what) {
  ZT_CHECK(width >= 1 && height >= 1 && width <= max_image_side && height <= max_image_side &&
               static_cast<int64_t>(width) * height <= max_image_pixels,
           usage, what, " is ", width, " x ", height, "; wanted sides from 1 to ", max_image_side,
           " and at most ", max_image_pixels, " pixels");
  const std::size_t wanted = static_cast<std::size_t>(width) * height * 3;
  ZT_CHECK(bytes == wanted, usage, what, " has ", bytes, " bytes; ", width, " x ", height, " RGB needs ",
           wanted);
}

rgb_image enlarge(const rgb_image& image, int n) {
  check_image(image.width, image.height, image.pixels.size(), "the picture to enlarge");
  ZT_CHECK(n >= 1 && n <= max_image_side / std::max(image.width, image.height), usage, "cannot enlarge ",
           image.width, " x ", image.height, " by ", n, "; the sides may go up to ", max_image_side);
  rgb_image out{image.width * n, image.height * n, {}};
  out.pixels.reserve(image.pixels.size() * n * n);
  const std::size_t row_bytes = static_cast<std::size_t>(image.width) * 3;
  for (int y = 0; y < image.height; ++y) {
    const std::size_t begin = out.pixels.size();
    for (const uint8_t *pixel = &image.pixels[y * row_bytes], *end = pixel + row_bytes; pixel != end;
         pixel += 3)
      for (int repeat = 0; repeat < n; ++repeat) out.pixels.insert(out.pixels.end(), pixel, pixel + 3);
    const std::vector<uint8_t> row(out.pixels.begin() + begin, out.pixels.end());
    for (int repeat = 1; repeat < n; ++repeat) out.pixels.insert(out.pixels.end(), row.begin(), row.end());
  }
  return out;
}

}  // namespace zoetrope
