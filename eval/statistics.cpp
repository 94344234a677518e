// See statistics.hpp.
#include "eval/statistics.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>
#include <random>

#include "core/error.hpp"

namespace zoetrope {

namespace {

constexpr double nan = std::numeric_limits<double>::quiet_NaN();

double normal_cdf(double z) { return 0.5 * std::erfc(-z / std::sqrt(2.0)); }

// Bisection on the distribution itself: slow beside a rational approximation, exact, and called thrice.
double normal_quantile(double p) {
  double low = -40, high = 40;
  for (int i = 0; i < 100; ++i) {
    const double middle = (low + high) / 2;
    (normal_cdf(middle) < p ? low : high) = middle;
  }
  return (low + high) / 2;
}

// What rounding may do to a sum of these: sums closer than that are one value, whatever their order.
double rounding_of(std::span<const double> values) {
  double sum = 0;
  for (const double value : values) sum += std::abs(value);
  return 1e-14 * sum;
}

// A whole number below n from 32 random bits (Lemire 2019); std::uniform_int_distribution differs from
// library to library.
std::size_t below(std::mt19937& random, std::size_t n) {
  return static_cast<std::size_t>((static_cast<std::uint64_t>(random()) * n) >> 32);
}

bool few_enough(double base, std::size_t power, int most) {
  return std::pow(base, static_cast<double>(power)) <= most;
}
bool takes_all_resamples(std::size_t n, const resampling& how) {
  return few_enough(static_cast<double>(n), n, how.bootstrap);
}

// Every resample once: the digits of 0 … n^n - 1 to base n are its indices.
std::vector<double> all_resampled_means(std::span<const double> values) {
  const std::size_t n = values.size();
  const auto count = static_cast<std::size_t>(std::lround(std::pow(n, n)));
  std::vector<double> means(count, 0);
  for (std::size_t i = 0; i < count; ++i) {
    for (std::size_t digit = 0, rest = i; digit < n; ++digit, rest /= n) means[i] += values[rest % n];
    means[i] /= static_cast<double>(n);
  }
  return means;
}

// Counts sign patterns whose sum is at least as far from zero, depth first: no sum gathers rounding errors.
std::int64_t far_sums(std::span<const double> rest, double sum, double bound) {
  if (rest.empty()) return std::abs(sum) >= bound;
  return far_sums(rest.subspan(1), sum + rest[0], bound) + far_sums(rest.subspan(1), sum - rest[0], bound);
}

// BCa's acceleration from the jackknife: (1/6) sum u^3 / (sum u^2)^(3/2) with u_i = mean of the leave-one-out
// means minus each; for the mean those are (d_i - mean) / (n - 1), and the factor falls out.
double acceleration(std::span<const double> values) {
  const double mean = mean_of(values);
  double squares = 0, cubes = 0;
  for (const double value : values) {
    squares += (value - mean) * (value - mean);
    cubes += std::pow(value - mean, 3);
  }
  return cubes / (6 * std::pow(squares, 1.5));
}

// The inverse of the resampled means' own distribution, where that is known whole: they are few, and a value
// between two of them would be nearer to the middle than any that can come about. The upper bound is the
// mirror of the lower, so that differences with all signs turned give the interval turned round.
interval between_shares(std::span<const double> sorted, double low, double high) {
  const auto count = static_cast<double>(sorted.size());
  const auto rank = [&](double share) {
    return static_cast<std::size_t>(std::clamp(std::ceil(share * count - 1e-9), 1.0, count));
  };
  return {sorted[rank(low) - 1], sorted[sorted.size() - rank(1 - high)]};
}

// Where the observed mean stands in the resampled ones; a tie counts half.
double share_below(std::span<const double> sorted, double mean, double tie) {
  const auto low = std::lower_bound(sorted.begin(), sorted.end(), mean - tie);
  const auto high = std::upper_bound(sorted.begin(), sorted.end(), mean + tie);
  return static_cast<double>((low - sorted.begin()) + (high - sorted.begin())) / 2 /
         static_cast<double>(sorted.size());
}

}  // namespace

double mean_of(std::span<const double> values) {
  if (values.empty()) return nan;
  return std::accumulate(values.begin(), values.end(), 0.0) / static_cast<double>(values.size());
}

double standard_deviation(std::span<const double> values) {
  if (values.size() < 2) return nan;
  const double mean = mean_of(values);
  double squares = 0;
  for (const double value : values) squares += (value - mean) * (value - mean);
  return std::sqrt(squares / static_cast<double>(values.size() - 1));
}

double quantile(std::span<const double> sorted, double share) {
  ZT_CHECK(!sorted.empty(), usage, "a quantile of no values");
  const double at = share * static_cast<double>(sorted.size() - 1);
  const auto low = static_cast<std::size_t>(at);
  const std::size_t high = std::min(low + 1, sorted.size() - 1);
  return std::lerp(sorted[low], sorted[high], at - static_cast<double>(low));
}

std::vector<double> bootstrap_means(std::span<const double> values, const resampling& how) {
  const std::size_t n = values.size();
  std::vector<double> means;
  if (n == 0) return means;
  if (takes_all_resamples(n, how)) {
    means = all_resampled_means(values);
  } else {
    std::mt19937 random(how.seed);
    for (int i = 0; i < how.bootstrap; ++i) {
      double sum = 0;
      for (std::size_t j = 0; j < n; ++j) sum += values[below(random, n)];
      means.push_back(sum / static_cast<double>(n));
    }
  }
  std::sort(means.begin(), means.end());
  return means;
}

interval mean_interval(std::span<const double> values, const resampling& how) {
  ZT_CHECK(how.level > 0 && how.level < 1, usage, "a confidence level of ", how.level,
           "; wanted one between 0 and 1");
  if (values.size() < 2) return {nan, nan};
  const double mean = mean_of(values);
  const double tie = rounding_of(values) / static_cast<double>(values.size());
  const auto [least, greatest] = std::minmax_element(values.begin(), values.end());
  if (*greatest - *least <= tie) return {mean, mean};
  const std::vector<double> means = bootstrap_means(values, how);
  const double bias = normal_quantile(share_below(means, mean, tie)), skew = acceleration(values);
  const auto corrected = [&](double share) {
    const double z = bias + normal_quantile(share);
    return normal_cdf(bias + z / (1 - skew * z));
  };
  const double low = corrected((1 - how.level) / 2), high = corrected((1 + how.level) / 2);
  if (takes_all_resamples(values.size(), how)) return between_shares(means, low, high);
  return {quantile(means, low), quantile(means, high)};
}

double sign_flip_p(std::span<const double> differences, const resampling& how) {
  if (differences.empty()) return nan;
  const double sum = std::accumulate(differences.begin(), differences.end(), 0.0);
  const double bound = std::abs(sum) - rounding_of(differences);
  if (few_enough(2, differences.size(), how.sign_flips))
    return static_cast<double>(far_sums(differences, 0, bound)) / std::exp2(differences.size());
  std::mt19937 random(how.seed);
  int far = 1;
  for (int i = 0; i < how.sign_flips; ++i) {
    double flipped = 0;
    for (const double difference : differences) flipped += random() >> 31 ? difference : -difference;
    far += std::abs(flipped) >= bound;
  }
  return static_cast<double>(far) / (how.sign_flips + 1);
}

double least_sign_flip_p(std::size_t n) { return std::min(1.0, std::exp2(1.0 - static_cast<double>(n))); }

double swap_p(std::size_t n, const std::function<double(const std::vector<bool>& swapped)>& statistic,
              const resampling& how) {
  if (n == 0) return nan;
  std::vector<bool> swapped(n, false);
  const double observed = statistic(swapped);
  const double bound = observed - 1e-9 * std::abs(observed);
  const bool exact = few_enough(2, n, how.swaps);
  const int patterns = exact ? 1 << n : how.swaps + 1;
  std::mt19937 random(how.seed);
  int far = 1;
  for (int pattern = 1; pattern < patterns; ++pattern) {
    for (std::size_t i = 0; i < n; ++i) swapped[i] = exact ? pattern >> i & 1 : random() >> 31;
    far += statistic(swapped) >= bound;
  }
  return static_cast<double>(far) / patterns;
}

std::vector<double> holm_adjusted(std::span<const double> p) {
  std::vector<std::size_t> order;
  for (std::size_t i = 0; i < p.size(); ++i)
    if (!std::isnan(p[i])) order.push_back(i);
  std::stable_sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) { return p[a] < p[b]; });
  std::vector<double> adjusted(p.begin(), p.end());
  double least = 0;
  for (std::size_t rank = 0; rank < order.size(); ++rank) {
    least = std::max(least, std::min(1.0, static_cast<double>(order.size() - rank) * p[order[rank]]));
    adjusted[order[rank]] = least;
  }
  return adjusted;
}

double cohens_dz(std::span<const double> differences) {
  const double spread = standard_deviation(differences);
  return spread > rounding_of(differences) ? mean_of(differences) / spread : nan;
}

}  // namespace zoetrope
