// The middle value: of an even number of values the mean of the two in the middle.
#pragma once

#include <vector>

namespace zoetrope {

/// NaN for no values.
double median_of(std::vector<double> values);

}  // namespace zoetrope
