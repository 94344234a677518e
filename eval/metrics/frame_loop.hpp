// Loops over frames and clips on several threads. Each index writes only what is its own and sums are taken
// afterwards in order, so that the number of threads changes no bit.
#pragma once

#include <functional>
#include <vector>

namespace zoetrope {

/// body(0) … body(count - 1), on at most `threads` threads. Where bodies throw, the exception of the lowest
/// index among them leaves.
void for_each_index(int count, int threads, const std::function<void(int)>& body);

/// {of(0), …, of(count - 1)}
std::vector<double> value_of_each(int count, int threads, const std::function<double(int)>& of);

/// Of the entries that are numbers; NaN where none is.
double mean_of_numbers(const std::vector<double>& values);

}  // namespace zoetrope
