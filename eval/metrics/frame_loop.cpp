// See frame_loop.hpp.
#include "eval/metrics/frame_loop.hpp"

#include <algorithm>
#include <atomic>
#include <cmath>
#include <exception>
#include <limits>
#include <thread>

namespace zoetrope {

void for_each_index(int count, int threads, const std::function<void(int)>& body) {
  std::atomic<int> next = 0;
  std::vector<std::exception_ptr> failures(static_cast<std::size_t>(std::max(count, 0)));
  const auto work = [&] {
    for (int index = next++; index < count; index = next++) try {
        body(index);
      } catch (...) {
        failures[static_cast<std::size_t>(index)] = std::current_exception();
        next = count;
      }
  };
  {
    std::vector<std::jthread> others;
    for (int i = 1; i < std::min(threads, count); ++i) others.emplace_back(work);
    work();
  }
  for (const std::exception_ptr& failure : failures)
    if (failure) std::rethrow_exception(failure);
}

std::vector<double> value_of_each(int count, int threads, const std::function<double(int)>& of) {
  std::vector<double> values(static_cast<std::size_t>(std::max(count, 0)));
  for_each_index(count, threads, [&](int index) { values[static_cast<std::size_t>(index)] = of(index); });
  return values;
}

double mean_of_numbers(const std::vector<double>& values) {
  double sum = 0;
  std::size_t numbers = 0;
  for (const double value : values)
    if (!std::isnan(value)) sum += value, ++numbers;
  return numbers ? sum / static_cast<double>(numbers) : std::numeric_limits<double>::quiet_NaN();
}

}  // namespace zoetrope
