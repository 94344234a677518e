// Pictures of any size to those of a given one: enlarged or shrunk until both sides are covered, then cut
// around the centre. Hotshot-XL's scale_aspect_fill, with its roundings.
#pragma once

#include "core/io/resample.hpp"
#include "core/io/video.hpp"

namespace zoetrope {

/// The sides round to even, and so do the halves of pixels at the cut. error{usage} for a size over
/// image.hpp's limits.
rgb_image aspect_fill(const rgb_image& image, int width, int height,
                      resample_filter filter = resample_filter::lanczos);

/// Every frame of a clip. `first_frame` is for Hotshot-XL's quirk: Pillow holds the first frame of a GIF as
/// palette indices and resizes it by nearest whatever it is told.
rgb_frames aspect_fill(const rgb_frames& clip, int width, int height,
                       resample_filter first_frame = resample_filter::lanczos);

}  // namespace zoetrope
