// Which temporal frequencies the brightness has. The frame is cut into blocks x blocks parts; the mean luma
// of each over time, less its straight line (scipy.signal.detrend), is transformed:
//   P(k) = mean over blocks of c_k |sum_t x_t exp(-2 pi i k t / T)|^2 / T^2
//   c_k  = 2 for the pairs +-k, else 1
// so that the P(k) add up to the mean square of x (Parseval). Flicker is what lies above a quarter of the
// frame rate, the upper half of all frequencies (a swing of exactly four frames lies on the edge and is
// none): its share of all energy, and its root mean square.
#include <cmath>
#include <complex>
#include <numbers>

#include "eval/metrics/frame_loop.hpp"
#include "eval/metrics/makers.hpp"
#include "eval/metrics/plane.hpp"

namespace zoetrope {
namespace {

// blocks * blocks mean lumas.
std::vector<double> block_lumas(const plane& luma, int blocks) {
  std::vector<double> sums;
  for (int by = 0; by < blocks; ++by)
    for (int bx = 0; bx < blocks; ++bx) {
      const int top = by * luma.height / blocks, bottom = (by + 1) * luma.height / blocks;
      const int left = bx * luma.width / blocks, right = (bx + 1) * luma.width / blocks;
      double sum = 0;
      for (int y = top; y < bottom; ++y)
        for (int x = left; x < right; ++x) sum += luma.row(y)[x];
      sums.push_back(sum / ((bottom - top) * (right - left)));
    }
  return sums;
}

// Less its least-squares line. Counted from the first value on, so that of equal ones nothing is left, not
// even rounding.
void detrend(std::vector<double>& series) {
  const double count = static_cast<double>(series.size()), middle = (count - 1) / 2, first = series.front();
  for (double& value : series) value -= first;
  double mean = 0, slope = 0, spread = 0;
  for (const double value : series) mean += value / count;
  for (std::size_t t = 0; t < series.size(); ++t) {
    const double at = static_cast<double>(t) - middle;
    slope += at * (series[t] - mean);
    spread += at * at;
  }
  slope /= spread;
  for (std::size_t t = 0; t < series.size(); ++t)
    series[t] -= mean + slope * (static_cast<double>(t) - middle);
}

// P(0) … P(T / 2) of one series.
std::vector<double> power_of(const std::vector<double>& series) {
  const std::size_t count = series.size();
  std::vector<double> power;
  for (std::size_t k = 0; k <= count / 2; ++k) {
    std::complex<double> sum = 0;
    for (std::size_t t = 0; t < count; ++t)
      sum += series[t] * std::polar(1.0, -2 * std::numbers::pi * static_cast<double>(k * t % count) /
                                             static_cast<double>(count));
    const double pairs = k == 0 || 2 * k == count ? 1 : 2;
    power.push_back(pairs * std::norm(sum) / static_cast<double>(count * count));
  }
  return power;
}

std::vector<metric_values> flicker_spectrum(const metric_input& input, int blocks) {
  const int frames = input.clip.frames, count = blocks * blocks;
  std::vector<std::vector<double>> lumas(frames);  // f, block
  for_each_index(frames, input.threads,
                 [&](int f) { lumas[f] = block_lumas(luma_of(input.clip, f), blocks); });
  std::vector<double> power(frames / 2 + 1);
  for (int block = 0; block < count; ++block) {
    std::vector<double> series;
    for (const auto& of_frame : lumas) series.push_back(of_frame[block]);
    detrend(series);
    const std::vector<double> of_block = power_of(series);
    for (std::size_t k = 0; k < power.size(); ++k) power[k] += of_block[k] / count;
  }
  double all = 0, fast = 0;
  metric_values share{"flicker_spectrum", "share of energy", better::lower};
  for (std::size_t k = 0; k < power.size(); ++k) {
    all += power[k];
    if (4 * k > static_cast<std::size_t>(frames)) fast += power[k];
    share.curves["frequency"].push_back(static_cast<double>(k) * input.fps / frames);
  }
  share.curves["energy"] = power;
  constexpr double rounding = 1e-20;  // of a mean square: a clip that never changes has no spectrum
  share.per_video = all > rounding ? fast / all : 0;
  return {share, {"flicker_amplitude", "intensity", better::lower, std::sqrt(fast)}};
}

}  // namespace

metric make_flicker_spectrum(const config& options, const metric_setup&) {
  const int blocks = static_cast<int>(options.bounded("blocks", 8, 1, 256));
  return {.role = metric_role::consistency,
          .needs = {.frames = 4, .side = blocks},
          .measure = [=](const metric_input& input) { return flicker_spectrum(input, blocks); }};
}

}  // namespace zoetrope
