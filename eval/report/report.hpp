// `zoetrope report`: results as one HTML page that needs nothing else, neither network nor files: what ran
// where, what the arms differ in, their clips playing in step, tables with intervals and tests, curves, and
// consistency against time and memory. The same results give the same bytes.
#pragma once

#include "eval/set_comparison.hpp"

namespace zoetrope {

struct report_options {
  std::string baseline;            ///< as for arm_table::find_arm(); empty: the first arm
  std::vector<std::string> costs;  ///< measures on the plots' x axes; empty: a time and a peak of memory
  resampling how;
  observation of = observation::clip;     ///< all intervals and tests are of these
  std::vector<set_comparison> sets = {};  ///< of the same cells and baseline; empty: no such section
  int clip_side = 256;  ///< pixels; frames are shrunk until no side is longer. 0: a page without clips
};

/// error{usage} for an arm or a measure that is not there, error{bad_input} as arm_table.
std::string report_page(const std::vector<stored_result>& cells, const report_options& options = {});

}  // namespace zoetrope
