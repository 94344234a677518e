// What the distances of two sets of clips share: when there are too few clips, and how the value is told.
#pragma once

#include "eval/set_metric.hpp"

namespace zoetrope {

/// "needs N clips and as many reference clips, has …" with `instead` behind it; empty where there are as
/// many.
std::string refuse_fewer(std::size_t least, const feature_rows& clips, const feature_rows& reference,
                         const std::string& instead = "");

/// The value with the number of clips of both sides.
std::vector<metric_values> set_values(const std::string& name, double value, const feature_rows& clips,
                                      const feature_rows& reference);

}  // namespace zoetrope
