// See buckets.hpp.
#include "training/buckets.hpp"

#include <cmath>
#include <cstdio>

namespace zoetrope {
namespace {

struct named_bucket {
  const char* aspect_ratio;
  picture_size at_1024;
};
// hotshot_xl/utils.py: aspect_ratio_to_1024_map.
constexpr std::array<named_bucket, 7> hotshot_sizes{{{"0.42", {640, 1536}},
                                                     {"0.57", {768, 1344}},
                                                     {"0.68", {832, 1216}},
                                                     {"1.00", {1024, 1024}},
                                                     {"1.46", {1216, 832}},
                                                     {"1.75", {1344, 768}},
                                                     {"2.40", {1536, 640}}}};

double ratio_of(const picture_size& size) {
  return static_cast<double>(size.width) / static_cast<double>(size.height);
}

int64_t read_side(const config& value) {
  const int64_t side = value.bounded(8, 16384);
  if (side % 8) throw value.fail(concat("is ", side, ", wanted a multiple of 8"));
  return side;
}

std::vector<picture_size> listed_buckets(const config& list) {
  if (!list.is_array() || list.size() == 0) throw list.fail("wanted a list of [width, height]");
  std::vector<picture_size> buckets;
  for (std::size_t i = 0; i < list.size(); ++i) {
    const config pair = list.at(i);
    if (!pair.is_array() || pair.size() != 2) throw pair.fail("wanted [width, height]");
    buckets.push_back({read_side(pair.at(std::size_t{0})), read_side(pair.at(std::size_t{1}))});
  }
  return buckets;
}

// YAML makes a number of 1.75, and of 1.00 a 1.0.
std::string ratio_name(const config& value) {
  const json& told = value.value();
  if (!told.is_number()) return value.as<std::string>();
  char text[32];
  std::snprintf(text, sizeof text, "%.2f", told.get<double>());
  return text;
}

std::vector<picture_size> hotshot_choice(const config& options) {
  const std::vector<picture_size> all = in_context(concat(options.source(), ": ", options.path()), [&] {
    return hotshot_buckets(options.get<int64_t>("resolution", 512));
  });
  if (!options.has("aspect_ratio")) return options.get_optional<std::string>("aspect_ratio"), all;
  const config wanted = options.at("aspect_ratio");
  const std::string name = ratio_name(wanted);
  std::vector<std::string> known;
  for (std::size_t i = 0; i < all.size(); ++i) {
    if (name == hotshot_sizes[i].aspect_ratio) return {all[i]};
    known.push_back(hotshot_sizes[i].aspect_ratio);
  }
  throw wanted.fail(concat("is ", printable(name), ", wanted one of ", joined(known)));
}

}  // namespace

std::string name_of(const picture_size& size) { return concat(size.width, " x ", size.height); }

std::array<float, 6> clip_size_conditioning::time_ids() const {
  return {static_cast<float>(original.width), static_cast<float>(original.height),
          static_cast<float>(crop[0]),        static_cast<float>(crop[1]),
          static_cast<float>(target.width),   static_cast<float>(target.height)};
}

clip_size_conditioning size_conditioning(const picture_size& original, const picture_size& target) {
  const double ratio_width = static_cast<double>(target.width) / static_cast<double>(original.width);
  const double ratio_height = static_cast<double>(target.height) / static_cast<double>(original.height);
  clip_size_conditioning sizes{original, {0, 0}, target};
  // nearbyint rounds halves to even, as Python's round does.
  if (ratio_width > ratio_height)
    sizes.crop[1] = (std::nearbyint(static_cast<double>(original.height) * ratio_width) -
                     static_cast<double>(target.height)) /
                    2;
  else
    sizes.crop[0] = (std::nearbyint(static_cast<double>(original.width) * ratio_height) -
                     static_cast<double>(target.width)) /
                    2;
  return sizes;
}

std::vector<picture_size> hotshot_buckets(int64_t resolution) {
  ZT_CHECK(resolution == 512 || resolution == 1024, bad_input, "resolution is ", resolution,
           ", Hotshot-XL's sizes are for 512 and 1024; give width and height, or buckets");
  std::vector<picture_size> sizes;
  for (const named_bucket& bucket : hotshot_sizes)
    sizes.push_back({bucket.at_1024.width * resolution / 1024, bucket.at_1024.height * resolution / 1024});
  return sizes;
}

picture_size nearest_bucket(const picture_size& original, const std::vector<picture_size>& buckets) {
  picture_size nearest = buckets.at(0);
  const auto miss = [&](const picture_size& bucket) {
    return std::fabs(ratio_of(original) - ratio_of(bucket));
  };
  for (const picture_size& bucket : buckets)
    if (miss(bucket) < miss(nearest)) nearest = bucket;
  return nearest;
}

std::vector<picture_size> read_buckets(const config& options) {
  const bool one = options.has("width") || options.has("height"), list = options.has("buckets");
  const bool hotshot = options.has("resolution") || options.has("aspect_ratio");
  if (one + list + hotshot > 1)
    throw options.fail("give width and height, or buckets, or resolution and aspect_ratio, not several");
  if (list) return listed_buckets(options.at("buckets"));
  if (one) return {{read_side(options.at("width")), read_side(options.at("height"))}};
  return hotshot_choice(options);
}

}  // namespace zoetrope
