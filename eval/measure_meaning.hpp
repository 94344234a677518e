// What a measure is, in one line, for those who read results without the manual: of metrics the lines of their
// tables (metrics(), to which a plug-in may add), of the values that come with a metric, of times and of memory
// those kept here.
#pragma once

#include <optional>

#include "eval/arm_table.hpp"

namespace zoetrope {

/// "what the flow from frame to frame does not explain, …"; empty for what this program does not know.
std::string meaning_of(const measure& measured);

/// The role of the metric that gives this value; none for times, memory, and metrics that are not there.
std::optional<metric_role> role_of(const measure& measured);

}  // namespace zoetrope
