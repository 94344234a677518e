// Results as text for other programs: one row or object a cell, numbers with as many digits as they need to
// be read back to the bit.
#pragma once

#include "eval/comparison.hpp"

namespace zoetrope {

/// RFC 4180: experiment, a column an axis (its path), prompt, seed, repeat, status, error, device, started,
/// then a column a measure, empty where the cell has none.
std::string results_as_csv(const arm_table& table);

/// An array of cells with everything that their files hold, but frames and latents. NaN becomes null.
json results_as_json(const arm_table& table);

/// The rows of compare(), by label and name.
json to_json(const arm_table& table, std::size_t baseline, const std::vector<arm_comparison>& rows);

}  // namespace zoetrope
