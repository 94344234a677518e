// See structural_similarity.hpp.
#include "eval/metrics/structural_similarity.hpp"

#include <cmath>

namespace zoetrope {

ssim_window gaussian_ssim_window() {
  constexpr int radius = 5;
  constexpr double sigma = 1.5;
  std::vector<double> weights;
  double sum = 0;
  for (int i = -radius; i <= radius; ++i)
    sum += weights.emplace_back(std::exp(-0.5 * i * i / (sigma * sigma)));
  for (double& weight : weights) weight /= sum;
  return {weights, 1};
}

ssim_window uniform_ssim_window() {
  constexpr int side = 7;
  return {std::vector<double>(side, 1.0 / side), side * side / (side * side - 1.0)};
}

ssim_window read_ssim_window(const config& options) {
  const std::string window = options.get("window", "gaussian");
  if (window != "gaussian" && window != "uniform")
    throw options.fail(concat("unknown window '", printable(window), "' (known: gaussian, uniform)"));
  return window == "gaussian" ? gaussian_ssim_window() : uniform_ssim_window();
}

namespace {

// Every row under the symmetric weights, column by column: entry i of `out` takes entries i … i + side - 1.
void filter_row(const double* from, double* out, int count, const std::vector<double>& weights, int stride) {
  const int radius = static_cast<int>(weights.size()) / 2;
  for (int x = 0; x < count; ++x) out[x] = weights[radius] * from[x + radius * stride];
  for (int k = 0; k < radius; ++k) {
    const double weight = weights[k];
    const double *before = from + k * stride, *behind = from + (2 * radius - k) * stride;
    for (int x = 0; x < count; ++x) out[x] += weight * (before[x] + behind[x]);
  }
}

// The weighted mean of a * b under each window that lies inside.
plane filtered_product(const plane& a, const plane& b, const ssim_window& window) {
  const int margin = window.side() - 1, width = a.width, height = a.height;
  plane product{width, height, std::vector<double>(a.values.size())};
  for (std::size_t i = 0; i < product.values.size(); ++i) product.values[i] = a.values[i] * b.values[i];
  plane out{width - margin, height - margin, {}};
  out.values.resize(static_cast<std::size_t>(out.width) * out.height);
  std::vector<double> column_sums(width);
  for (int y = 0; y < out.height; ++y) {
    filter_row(product.row(y), column_sums.data(), width, window.weights, width);
    filter_row(column_sums.data(), out.row(y), out.width, window.weights, 1);
  }
  return out;
}

}  // namespace

ssim_side make_ssim_side(plane values, const ssim_window& window) {
  ZT_CHECK(values.width >= window.side() && values.height >= window.side(), bad_input, "SSIM: a picture of ",
           values.width, " x ", values.height, ", the window needs ", window.side(), " x ", window.side());
  const plane ones{values.width, values.height, std::vector<double>(values.values.size(), 1.0)};
  ssim_side side{values, filtered_product(values, ones, window), filtered_product(values, values, window)};
  for (std::size_t i = 0; i < side.variances.values.size(); ++i) {
    const double mean = side.means.values[i];
    side.variances.values[i] = window.covariance_correction * (side.variances.values[i] - mean * mean);
  }
  return side;
}

double structural_similarity(const ssim_side& a, const ssim_side& b, const ssim_window& window,
                             double range) {
  ZT_CHECK(a.values.width == b.values.width && a.values.height == b.values.height, bad_input,
           "SSIM: pictures of ", a.values.width, " x ", a.values.height, " and ", b.values.width, " x ",
           b.values.height);
  const double c1 = 0.01 * range * 0.01 * range, c2 = 0.03 * range * 0.03 * range;
  const plane products = filtered_product(a.values, b.values, window);
  double sum = 0;
  for (std::size_t i = 0; i < products.values.size(); ++i) {
    const double mean_a = a.means.values[i], mean_b = b.means.values[i];
    const double covariance = window.covariance_correction * (products.values[i] - mean_a * mean_b);
    sum += (2 * mean_a * mean_b + c1) * (2 * covariance + c2) /
           ((mean_a * mean_a + mean_b * mean_b + c1) * (a.variances.values[i] + b.variances.values[i] + c2));
  }
  return sum / static_cast<double>(products.values.size());
}

ssim_frame make_ssim_frame(const float_clip& clip, int frame, const ssim_window& window) {
  return {make_ssim_side(channel_of(clip, frame, 0), window),
          make_ssim_side(channel_of(clip, frame, 1), window),
          make_ssim_side(channel_of(clip, frame, 2), window)};
}

double structural_similarity(const ssim_frame& a, const ssim_frame& b, const ssim_window& window) {
  double sum = 0;
  for (int channel = 0; channel < 3; ++channel) sum += structural_similarity(a[channel], b[channel], window);
  return sum / 3;
}

}  // namespace zoetrope
