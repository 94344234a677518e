// See noise_criterion.hpp.
#include "eval/noise_criterion.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

#include "eval/median.hpp"

namespace zoetrope {
namespace {

double median_deviation(const std::vector<double>& values, double middle) {
  std::vector<double> distances;
  for (const double value : values) distances.push_back(std::abs(value - middle));
  return median_of(std::move(distances));
}

}  // namespace

double relative_noise(const std::vector<double>& samples) {
  if (samples.size() < 2) return std::numeric_limits<double>::infinity();
  const auto count = static_cast<double>(samples.size());
  double mean = 0, squares = 0;
  for (const double sample : samples) mean += sample / count;
  for (const double sample : samples) squares += (sample - mean) * (sample - mean);
  return std::sqrt(squares / (count - 1)) / mean;
}

void noise_criterion::add(double seconds) {
  samples_.push_back(seconds);
  total_ += seconds;
  noises_.push_back(relative_noise(samples_));
}

// nvbench looks at the noises after each of the last samples: the plateau is reached where they scatter by
// less than 5 % around the present one.
bool noise_criterion::on_plateau() const {
  constexpr std::size_t enough = 64, window = 512;
  constexpr double scatter = 0.05;
  if (noises_.size() <= enough) return false;
  const double now = noises_.back();
  const std::size_t count = std::min(window, noises_.size() - 1);  // the first is infinite
  double squares = 0;
  for (std::size_t i = noises_.size() - count; i < noises_.size(); ++i)
    squares += (noises_[i] - now) * (noises_[i] - now);
  return std::sqrt(squares / static_cast<double>(count)) < scatter * now;
}

std::string noise_criterion::stopped(double elapsed) const {
  if (static_cast<long>(samples_.size()) >= options_.min_samples && total_ >= options_.min_seconds) {
    if (noises_.back() <= options_.max_noise) return "noise";
    if (on_plateau()) return "plateau";
  }
  return elapsed >= options_.timeout_seconds ? "timeout" : "";
}

bool slowed_down(const std::vector<double>& samples) {
  constexpr std::size_t fewest = 8;
  constexpr double share = 0.05;
  if (samples.size() < fewest) return false;
  const auto half = samples.begin() + static_cast<long>(samples.size() / 2);
  const std::vector<double> early(samples.begin(), half), late(half, samples.end());
  const double before = median_of(early), after = median_of(late);
  const double scatter = std::max(median_deviation(early, before), median_deviation(late, after));
  return after - before > std::max(share * before, scatter);
}

}  // namespace zoetrope
