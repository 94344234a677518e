// See beta_distribution.hpp.
#include "schedulers/beta_distribution.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

namespace zoetrope {
namespace {

double log_beta(double a, double b) { return std::lgamma(a) + std::lgamma(b) - std::lgamma(a + b); }

// x^a (1 - x)^b / B(a, b) from log x and log(1 - x): the density times x (1 - x).
double weight(double log_x, double log_rest, double a, double b) {
  return std::exp(a * log_x + b * log_rest - log_beta(a, b));
}

// The continued fraction of I_x(a, b), 26.5.8, by the modified Lentz method; fast for x < (a + 1) / (a + b +
// 2).
double continued_fraction(double x, double a, double b) {
  constexpr double tiny = std::numeric_limits<double>::min() * 1e10;
  const auto away_from_zero = [](double value) { return std::fabs(value) < tiny ? tiny : value; };
  double c = 1.0, d = 1.0 / away_from_zero(1.0 - (a + b) * x / (a + 1.0)), fraction = d;
  for (int m = 1; m < 1000; ++m) {
    const double even = m * (b - m) * x / ((a + 2 * m - 1) * (a + 2 * m));
    const double odd = -(a + m) * (a + b + m) * x / ((a + 2 * m) * (a + 2 * m + 1));
    double change = 1.0;
    for (const double term : {even, odd}) {
      d = 1.0 / away_from_zero(1.0 + term * d);
      c = away_from_zero(1.0 + term / c);
      change = c * d;
      fraction *= change;
    }
    if (std::fabs(change - 1.0) < 1e-16) break;
  }
  return fraction;
}

// Solves I_x(a, b) = p for x in (0, 1/2] as log x: Newton on the logarithm, where a power law is a straight
// line, kept inside a bracket that each evaluation shrinks.
double lower_quantile(double p, double a, double b) {
  double low = -745.0, high = std::log(0.5);
  double guess =
      std::clamp((std::log(p) + std::log(a) + log_beta(a, b)) / a, low, high);  // I_x ~ x^a / (a B)
  for (int i = 0; i < 200; ++i) {
    const double x = std::exp(guess), error = beta_cumulative(x, a, b) - p;
    (error > 0.0 ? high : low) = guess;
    const double slope = weight(guess, std::log1p(-x), a, b) / (1.0 - x);  // dI / d log x
    double next = guess - error / slope;
    if (!(next > low && next < high)) next = 0.5 * (low + high);
    if (std::fabs(next - guess) <= 1e-16 * std::max(1.0, std::fabs(guess))) break;
    guess = next;
  }
  return std::exp(guess);
}

}  // namespace

double beta_cumulative(double x, double a, double b) {
  if (x <= 0.0) return 0.0;
  if (x >= 1.0) return 1.0;
  const double scale = weight(std::log(x), std::log1p(-x), a, b);
  if (x < (a + 1.0) / (a + b + 2.0)) return scale * continued_fraction(x, a, b) / a;
  return 1.0 - scale * continued_fraction(1.0 - x, b, a) / b;
}

double beta_quantile(double probability, double a, double b) {
  if (probability <= 0.0) return 0.0;
  if (probability >= 1.0) return 1.0;
  // I_x(a, b) = 1 - I_{1-x}(b, a): solve from the end that is nearer, so that neither loses its digits.
  if (probability <= beta_cumulative(0.5, a, b)) return lower_quantile(probability, a, b);
  return 1.0 - lower_quantile(1.0 - probability, b, a);
}

}  // namespace zoetrope
