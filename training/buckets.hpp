// Sizes of training clips. Clips of one aspect ratio go into one bucket and are scaled and cut to its size;
// the network is told the original size, the cut and the target size (Podell et al. 2023, section 2.2). The
// seven buckets, the choice among them and the numbers that the network is told are Hotshot-XL's
// (hotshot_xl/utils.py and fine_tune.py).
#pragma once

#include <array>
#include <compare>
#include <cstdint>
#include <string>
#include <vector>

#include "core/config.hpp"

namespace zoetrope {

/// In pixels.
struct picture_size {
  int64_t width = 0, height = 0;
  auto operator<=>(const picture_size&) const = default;
};

/// "320 x 768"
std::string name_of(const picture_size& size);

/// What SDXL's UNet is told about a clip's size.
struct clip_size_conditioning {
  picture_size original;         ///< of the file
  std::array<double, 2> crop{};  ///< left, top: what the cut took away after scaling; may end in a half
  picture_size target;           ///< of the clip that is trained on

  /// The six numbers in Hotshot-XL's order, widths first: original, crop, target.
  std::array<float, 6> time_ids() const;
  bool operator==(const clip_size_conditioning&) const = default;
};

/// For a clip of size `original` that is scaled to cover `target` and cut around its centre.
clip_size_conditioning size_conditioning(const picture_size& original, const picture_size& target);

/// Hotshot-XL's seven, the tallest first: 320 x 768 … 768 x 320 for 512, twice that for 1024.
/// error{bad_input} for another resolution.
std::vector<picture_size> hotshot_buckets(int64_t resolution);

/// The bucket whose width / height is nearest, the first of two; `buckets` has one at least.
picture_size nearest_bucket(const picture_size& original, const std::vector<picture_size>& buckets);

/// Of a dataset's options, one of:
///   width, height                one size for all
///   buckets [[w, h], …]          these
///   resolution (512, 1024; 512)  Hotshot-XL's seven; with aspect_ratio ("0.42", "0.57", "0.68", "1.00",
///                                "1.46", "1.75", "2.40") only that one
/// error{bad_input} for more than one of these, sides that are no multiples of 8 in 8 … 16384.
std::vector<picture_size> read_buckets(const config& options);

}  // namespace zoetrope
