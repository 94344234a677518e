// Results of one cell that were made more than once: after an edit of the experiment file, its cells are made
// anew from another config, and what was there before stays. A cell is known by its experiment, arm, prompt,
// seed and repeat; a version of an arm by the config of its cells, but for the prompt, the repeat and the clip
// that they are compared with.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "eval/result_set.hpp"

namespace zoetrope {

/// Key of a config ("generation.steps") -> the values that it has, each once; null where it is not there.
using config_differences = std::map<std::string, std::vector<json>>;

/// What differs between configs, but for the prompt and the repeat.
config_differences differences_of(const std::vector<const json*>& configs);
/// Adds to `all` the keys and values of `more`.
void add_differences(config_differences& all, const config_differences& more);
/// "generation.steps (2, 4), metrics": values where they are short.
std::string shown_differences(const config_differences& differing);

/// Cells of one arm that were made from one config.
struct arm_version {
  json axes;
  json config;                              ///< what all its cells have: no prompt, repeat or reference
  std::vector<const stored_result*> cells;  ///< as they are given
  std::string begun;                        ///< the first of them
};
/// Of an experiment, versions of one arm after each other. Arms and versions stand in the order in which they
/// were begun. Keeps references to the cells.
std::vector<arm_version> versions_of(const std::vector<stored_result>& cells);

/// How many cells have more than one result and in what these differ, as a sentence; empty where none has.
std::string told_doubled(const std::vector<stored_result>& cells);
/// How many arms have cells of different configs and in what these differ; empty where none has.
std::string told_mixed(const std::vector<stored_result>& cells);
/// error{bad_input} with told_doubled() and what to do.
void expect_one_result_a_cell(const std::vector<stored_result>& cells);
/// Leaves of each cell the result that was begun last.
void take_newest(std::vector<stored_result>& cells);

}  // namespace zoetrope
