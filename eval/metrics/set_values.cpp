// See set_values.hpp.
#include "eval/metrics/set_values.hpp"

namespace zoetrope {

std::string refuse_fewer(std::size_t least, const feature_rows& clips, const feature_rows& reference,
                         const std::string& instead) {
  if (clips.size() >= least && reference.size() >= least) return "";
  return concat("needs ", least, " clips and as many reference clips, has ", clips.size(), " and ",
                reference.size(), instead);
}

std::vector<metric_values> set_values(const std::string& name, double value, const feature_rows& clips,
                                      const feature_rows& reference) {
  metric_values out{name, "squared feature distance", better::lower, value};
  out.curves["clips"] = {static_cast<double>(clips.size())};
  out.curves["reference_clips"] = {static_cast<double>(reference.size())};
  return {out};
}

}  // namespace zoetrope
