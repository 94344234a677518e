// Is a difference between two arms more than chance? Everything here works on paired differences d_1 … d_n
// (same prompt, same seed, one arm minus the other) and on their mean.
//   interval  bootstrap, BCa (Efron 1987, "Better bootstrap confidence intervals", eq. 6.7): corrects bias
//             and skew, and unlike the plain percentile interval does not shrink towards a skewed sample's tail
//   p         sign-flip permutation test (Fisher 1935): under "no effect" every d_i could have had the other
//             sign
//   p family  Holm 1979, step-down: holds the chance of any false alarm in the family at the level
//   effect    Cohen's d_z = mean(d) / sd(d): how many of its own spreads a difference is away from zero
#pragma once

#include <cstdint>
#include <functional>
#include <span>
#include <vector>

namespace zoetrope {

struct interval {
  double low = 0, high = 0;
};

struct resampling {
  double level = 0.95;     ///< of the interval, in (0, 1)
  int bootstrap = 9999;    ///< resamples, where there are too many to take each once
  int sign_flips = 65536;  ///< the same for the test
  int swaps = 1024;        ///< the same for the test of sets, whose statistic takes long
  std::uint32_t seed = 0;  ///< of the draws: the same seed gives the same numbers on every machine
};

/// NaN for no values.
double mean_of(std::span<const double> values);
/// With n - 1; NaN for fewer than two values.
double standard_deviation(std::span<const double> values);
/// Linear between order statistics, as numpy's default; `sorted` ascending, `share` in [0, 1].
double quantile(std::span<const double> sorted, double share);

/// The means of resamples with replacement, ascending: of all n^n where those are no more than `bootstrap`
/// (n up to 5 by default), else of that many drawn ones.
std::vector<double> bootstrap_means(std::span<const double> values, const resampling& how = {});

/// BCa interval of the mean. NaN on both sides for fewer than two values; one point where all are equal. Where
/// every resample was taken its bounds are means of resamples (inverse CDF), so of two or three values at 95 %
/// the least and the greatest of them; between drawn ones they are interpolated.
interval mean_interval(std::span<const double> values, const resampling& how = {});

/// Two-sided p of "the mean is zero": exact where 2^n is no more than `sign_flips` (n up to 16 by default),
/// else by draws, the sample itself counted as one of them. NaN for no values.
double sign_flip_p(std::span<const double> differences, const resampling& how = {});
/// The least p that n differences can give in the exact test, 2 / 2^n: a test that can never be
/// significant should say so.
double least_sign_flip_p(std::size_t n);

/// p of a statistic of two sets, of which n pairs could have changed places: the share of the patterns whose
/// statistic is at least that of no pair swapped. Exact where 2^n is no more than `swaps`, else by draws, the
/// sample itself counted as one of them. NaN for n = 0.
double swap_p(std::size_t n, const std::function<double(const std::vector<bool>& swapped)>& statistic,
              const resampling& how = {});

/// Adjusted p values in the order of `p`. NaN entries (tests that were not made) stay and do not count.
std::vector<double> holm_adjusted(std::span<const double> p);

/// NaN for fewer than two differences, and where they do not spread.
double cohens_dz(std::span<const double> differences);

}  // namespace zoetrope
