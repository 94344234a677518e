// Resizing of pictures, byte for byte as Pillow's Image.resize does it (which Hotshot-XL and diffusers call).
//   lanczos   sinc(x) sinc(x / 3) for |x| < 3 (Duchon 1979), stretched over the source pixels when shrinking
//             so that nothing aliases. Rows first, then columns; both in fixed point with 22 bits, rounded
//             to bytes in between.
//   bicubic   Keys' cubic (1981) with a = -0.5 for |x| < 2, in the same way
//   nearest   the source pixel under the centre of each pixel
#pragma once

#include "core/io/image.hpp"

namespace zoetrope {

enum class resample_filter { lanczos, bicubic, nearest };

/// A rectangle of pixels.
struct pixel_window {
  int left = 0, top = 0, width = 0, height = 0;
};

/// `image` resized to width x height. error{usage} for sizes over the limits of image.hpp.
rgb_image resample(const rgb_image& image, int width, int height,
                   resample_filter filter = resample_filter::lanczos);

/// The part `window` of that, computed alone: width and height may then be beyond the limits.
rgb_image resample(const rgb_image& image, int width, int height, resample_filter filter,
                   const pixel_window& window);

}  // namespace zoetrope
