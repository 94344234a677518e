// Plain differences of two pictures, given as runs of numbers.
#pragma once

#include <cstddef>

namespace zoetrope {

/// mean |a - b|
template <class Value>
double mean_absolute_error(const Value* a, const Value* b, std::size_t count) {
  double sum = 0;
  for (std::size_t i = 0; i < count; ++i) {
    const double difference = static_cast<double>(a[i]) - static_cast<double>(b[i]);
    sum += difference < 0 ? -difference : difference;
  }
  return sum / static_cast<double>(count);
}

/// mean (a - b)^2
template <class Value>
double mean_squared_error(const Value* a, const Value* b, std::size_t count) {
  double sum = 0;
  for (std::size_t i = 0; i < count; ++i) {
    const double difference = static_cast<double>(a[i]) - static_cast<double>(b[i]);
    sum += difference * difference;
  }
  return sum / static_cast<double>(count);
}

/// 10 log10(range^2 / mean squared error), in dB, of values in [0, range]. Equal pictures have none; they and
/// all that is better than 100 dB count as 100 dB, so that a mean over pairs stays a number.
double psnr_of(double mean_squared_error, double range = 1);

}  // namespace zoetrope
