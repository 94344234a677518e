// The beta distribution's cumulative probability and its inverse (Abramowitz and Stegun 26.5; Numerical
// Recipes 6.4).
#pragma once

namespace zoetrope {

/// I_x(a, b), the probability that a Beta(a, b) variable is at most x in [0, 1]; a, b > 0.
double beta_cumulative(double x, double a, double b);

/// The x with I_x(a, b) = probability in [0, 1], to about 1e-14 relative to the nearer end of the interval.
double beta_quantile(double probability, double a, double b);

}  // namespace zoetrope
