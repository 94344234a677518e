// See contrast_map.hpp.
#include "core/shapes/contrast_map.hpp"

#include <algorithm>
#include <cmath>

#include "core/shapes/quantile.hpp"

namespace zoetrope {
namespace {

constexpr float least_contrast = 0.2f;  // of an object to the background
constexpr float share_of_peak = 0.25f;  // … and to the strongest contrast in the clip

template <class Visit>
void visit_border(const float_clip& clip, Visit visit) {
  const std::size_t size = std::size_t(clip.width) * clip.height;
  for (int f = 0; f < clip.frames; ++f)
    for (int y = 0; y < clip.height; ++y) {
      const bool is_edge = y == 0 || y == clip.height - 1;
      for (int x = 0; x < clip.width; x += is_edge ? 1 : std::max(1, clip.width - 1))
        visit(f * size + std::size_t(y) * clip.width + x);
    }
}

rgb border_colour(const float_clip& clip) {
  std::vector<rgb> colours;
  visit_border(clip, [&](std::size_t pixel) { colours.push_back(colour_at(clip, pixel)); });
  return median(colours);
}

float smoothed(float before, float here, float after) { return (before + 2 * here + after) / 4; }

// h w c, by (1 2 1) / 4 along rows and then along columns.
std::vector<float> smoothed_frame(const float* frame, int width, int height) {
  std::vector<float> rows(std::size_t(width) * height * 3), all(rows.size());
  const auto index = [&](int x, int y, int c) { return (std::size_t(y) * width + x) * 3 + c; };
  for (int y = 0; y < height; ++y)
    for (int x = 0; x < width; ++x)
      for (int c = 0; c < 3; ++c) {
        const auto at = [&](int column) { return frame[index(std::clamp(column, 0, width - 1), y, c)]; };
        rows[index(x, y, c)] = smoothed(at(x - 1), at(x), at(x + 1));
      }
  for (int y = 0; y < height; ++y)
    for (int x = 0; x < width; ++x)
      for (int c = 0; c < 3; ++c) {
        const auto at = [&](int row) { return rows[index(x, std::clamp(row, 0, height - 1), c)]; };
        all[index(x, y, c)] = smoothed(at(y - 1), at(y), at(y + 1));
      }
  return all;
}

std::vector<float> distances(const float_clip& clip, const rgb& background) {
  const std::size_t size = std::size_t(clip.width) * clip.height;
  std::vector<float> contrast;
  for (int f = 0; f < clip.frames; ++f) {
    const std::vector<float> frame = smoothed_frame(&clip.pixels[f * size * 3], clip.width, clip.height);
    for (std::size_t i = 0; i < size; ++i)
      contrast.push_back(colour_distance({frame[i * 3], frame[i * 3 + 1], frame[i * 3 + 2]}, background));
  }
  return contrast;
}

// What noise on the background hardly reaches: six standard deviations, from the median deviation.
float noise(const float_clip& clip, const std::vector<float>& contrast) {
  std::vector<float> values;
  visit_border(clip, [&](std::size_t pixel) { values.push_back(contrast[pixel]); });
  const float middle = quantile(values, 0.5);
  for (float& value : values) value = std::abs(value - middle);
  return middle + 6 * 1.4826f * quantile(values, 0.5);
}

float peak(std::vector<float> contrast) { return quantile(contrast, 0.99); }

}  // namespace

rgb colour_at(const float_clip& clip, std::size_t pixel) {
  const float* at = &clip.pixels[pixel * 3];
  return {at[0], at[1], at[2]};
}

contrast_map contrasts_of(const float_clip& clip) {
  contrast_map found;
  found.background = border_colour(clip);
  found.contrast = distances(clip, found.background);
  found.threshold =
      std::max({least_contrast, noise(clip, found.contrast), share_of_peak * peak(found.contrast)});
  return found;
}

}  // namespace zoetrope
