// What `zoetrope eval` found, in three forms: a table to read, JSON with everything, CSV with a line a value.
#pragma once

#include <string>
#include <vector>

#include "eval/evaluation.hpp"

namespace zoetrope {

/// Lines: metric, unit, which way is better, mean, mean of the clips that move, then a column a clip; a clip
/// that does not move has a * at its name. In blocks of so many clips; the first four blocks, of more clips
/// --json and --csv tell.
std::vector<std::string> as_table(const evaluation& result, std::size_t clips_in_a_block = 6);
json to_json(const evaluation& result);
/// clip,metric,unit,better,value,still,unavailable
std::string to_csv(const evaluation& result);

}  // namespace zoetrope
