// See resample.hpp.
#include "core/io/resample.hpp"

#include <algorithm>
#include <cmath>
#include <numbers>

#include "core/error.hpp"

namespace zoetrope {
namespace {

constexpr int weight_bits = 22;  // of the fixed point
constexpr double lanczos_radius = 3.0;

// A weight for each distance up to the radius.
struct filter_law {
  double radius;
  double (*weight)(double x);
};

double sinc(double x) {
  const double angle = x * std::numbers::pi;
  return x == 0.0 ? 1.0 : std::sin(angle) / angle;
}

double lanczos(double x) {
  return x >= -lanczos_radius && x < lanczos_radius ? sinc(x) * sinc(x / lanczos_radius) : 0.0;
}

double bicubic(double x) {
  constexpr double a = -0.5;
  x = std::abs(x);
  if (x < 1) return ((a + 2) * x - (a + 3)) * x * x + 1;
  return x < 2 ? (((x - 5) * x + 8) * x - 4) * a : 0.0;
}

// What one pixel is made of: source pixels from `first` on.
struct weighted_span {
  int first;
  std::vector<int32_t> weights;
  int end() const { return first + static_cast<int>(weights.size()); }
};

std::vector<int32_t> in_fixed_point(const std::vector<double>& weights) {
  double sum = 0;
  for (const double weight : weights) sum += weight;
  std::vector<int32_t> fixed;
  for (const double weight : weights) {
    const double scaled = (sum == 0.0 ? weight : weight / sum) * (1 << weight_bits);
    fixed.push_back(static_cast<int32_t>(scaled < 0 ? scaled - 0.5 : scaled + 0.5));
  }
  return fixed;
}

// For pixels first … first + count - 1 of a side that goes from `from` to `to` pixels.
std::vector<weighted_span> spans(const filter_law& law, int from, int to, int first, int count) {
  const double scale = static_cast<double>(from) / to, stretch = std::max(scale, 1.0);
  const double support = law.radius * stretch, inverse_stretch = 1.0 / stretch;
  std::vector<weighted_span> all;
  for (int i = first; i < first + count; ++i) {
    const double centre = (i + 0.5) * scale;
    const int begin = std::max(static_cast<int>(centre - support + 0.5), 0);
    const int end = std::min(static_cast<int>(centre + support + 0.5), from);
    std::vector<double> weights;
    for (int j = begin; j < end; ++j) weights.push_back(law.weight((j - centre + 0.5) * inverse_stretch));
    all.push_back({begin, in_fixed_point(weights)});
  }
  return all;
}

// One pixel: source pixels `stride` bytes apart, of three channels.
void write_pixel(const uint8_t* source, std::size_t stride, const std::vector<int32_t>& weights,
                 uint8_t* pixel) {
  int32_t sums[3] = {1 << (weight_bits - 1), 1 << (weight_bits - 1), 1 << (weight_bits - 1)};
  for (const int32_t weight : weights) {
    for (int c = 0; c < 3; ++c) sums[c] += source[c] * weight;
    source += stride;
  }
  for (int c = 0; c < 3; ++c) pixel[c] = static_cast<uint8_t>(std::clamp(sums[c] >> weight_bits, 0, 255));
}

// A block of rows of three-channel pixels.
struct pixel_block {
  int width;
  std::vector<uint8_t> pixels;
  std::size_t row_bytes() const { return std::size_t{3} * width; }
};

// Each row from `first_row` up to `end_row`, made of `columns`.
pixel_block along_rows(const uint8_t* pixels, int width, const std::vector<weighted_span>& columns,
                       int first_row, int end_row) {
  pixel_block out{static_cast<int>(columns.size()), {}};
  out.pixels.resize(out.row_bytes() * (end_row - first_row));
  uint8_t* to = out.pixels.data();
  for (int y = first_row; y < end_row; ++y)
    for (const weighted_span& column : columns) {
      write_pixel(pixels + (static_cast<std::size_t>(y) * width + column.first) * 3, 3, column.weights, to);
      to += 3;
    }
  return out;
}

// Each column from `first_column` up to `end_column`, made of `rows`; row 0 of `pixels` is number `row_zero`
// of the rows.
pixel_block along_columns(const uint8_t* pixels, int width, const std::vector<weighted_span>& rows,
                          int row_zero, int first_column, int end_column) {
  pixel_block out{end_column - first_column, {}};
  out.pixels.resize(out.row_bytes() * rows.size());
  uint8_t* to = out.pixels.data();
  for (const weighted_span& row : rows)
    for (int x = first_column; x < end_column; ++x) {
      write_pixel(pixels + (static_cast<std::size_t>(row.first - row_zero) * width + x) * 3,
                  std::size_t{3} * width, row.weights, to);
      to += 3;
    }
  return out;
}

rgb_image resample_by(const filter_law& law, const rgb_image& image, int width, int height,
                      const pixel_window& window) {
  const auto columns = spans(law, image.width, width, window.left, window.width);
  const auto rows = spans(law, image.height, height, window.top, window.height);
  // The order matters, as there are bytes in between. This is Pillow 13's rule; those before did the rows
  // first always. In an aspect fill they differ only for pictures more than twice as high as wide.
  const bool columns_first = height < image.height && image.height - height > 2 * (image.width - width);
  if (columns_first) {
    const int first = columns.front().first, end = columns.back().end();
    const pixel_block flat = along_columns(image.pixels.data(), image.width, rows, 0, first, end);
    std::vector<weighted_span> shifted = columns;
    for (weighted_span& span : shifted) span.first -= first;
    return {window.width, window.height,
            along_rows(flat.pixels.data(), flat.width, shifted, 0, window.height).pixels};
  }
  const int first = rows.front().first, end = rows.back().end();
  const pixel_block narrow = along_rows(image.pixels.data(), image.width, columns, first, end);
  return {window.width, window.height,
          along_columns(narrow.pixels.data(), narrow.width, rows, first, 0, window.width).pixels};
}

std::vector<int> nearest_positions(int from, int to, int first, int count) {
  const double step = static_cast<double>(from) / to;
  double at = step * 0.5;  // summed up and not multiplied, so that it is rounded as Pillow rounds
  std::vector<int> positions;
  for (int i = 0; i < first + count; ++i, at += step)
    if (i >= first) positions.push_back(std::min(static_cast<int>(at), from - 1));
  return positions;
}

rgb_image resample_nearest(const rgb_image& image, int width, int height, const pixel_window& window) {
  rgb_image out{window.width, window.height, {}};
  out.pixels.reserve(std::size_t{3} * window.width * window.height);
  const std::vector<int> columns = nearest_positions(image.width, width, window.left, window.width);
  for (const int y : nearest_positions(image.height, height, window.top, window.height))
    for (const int x : columns) {
      const uint8_t* pixel = &image.pixels[(static_cast<std::size_t>(y) * image.width + x) * 3];
      out.pixels.insert(out.pixels.end(), pixel, pixel + 3);
    }
  return out;
}

}  // namespace

rgb_image resample(const rgb_image& image, int width, int height, resample_filter filter) {
  return resample(image, width, height, filter, {0, 0, width, height});
}

rgb_image resample(const rgb_image& image, int width, int height, resample_filter filter,
                   const pixel_window& window) {
  check_image(image.width, image.height, image.pixels.size(), "the picture to resize");
  check_image(window.width, window.height,
              std::size_t{3} * std::max(window.width, 0) * std::max(window.height, 0), "the resized picture");
  ZT_CHECK(window.left >= 0 && window.top >= 0 && window.left <= width - window.width &&
               window.top <= height - window.height,
           usage, "a window of ", window.width, " x ", window.height, " at ", window.left, ", ", window.top,
           " is not inside ", width, " x ", height);
  if (filter == resample_filter::nearest) return resample_nearest(image, width, height, window);
  const filter_law law =
      filter == resample_filter::lanczos ? filter_law{lanczos_radius, lanczos} : filter_law{2.0, bicubic};
  return resample_by(law, image, width, height, window);
}

}  // namespace zoetrope
