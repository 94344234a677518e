// Several metrics on one clip, with the rule that consistency never stands without motion: where a metric of
// consistency is asked for, the motion amount is measured too, and a clip that does not move is marked.
#pragma once

#include "eval/metric.hpp"

namespace zoetrope {

struct clip_extents {
  int frames = 0, width = 0, height = 0;
};
clip_extents extents_of(const float_clip& clip);
/// error{bad_input} for a clip of fewer than two frames or a reference (null: none) of another size or number
/// of frames.
void check_extents(const clip_extents& clip, const clip_extents* reference);

struct clip_scores {
  std::vector<metric_values> values;
  /// Metric -> why it has no values: "needs a reference video".
  std::map<std::string, std::string> unavailable;
  /// The motion amount is below `still_below`: what is said of consistency is no merit.
  bool still = false;

  /// Null where there is no such value.
  const metric_values* find(const std::string& name) const;
};

class metric_suite {
 public:
  /// Motion amount (pixels a frame at a shorter side of 256) below which a clip counts as still.
  static constexpr double still_below = 0.25;

  /// One config a metric, as for make_metric; names as option_suffixes() says. error{bad_input} as there.
  explicit metric_suite(const std::vector<config>& parts, const metric_setup& setup = {});

  /// In the order of the configs. error{bad_input} for a clip of fewer than two frames or a reference of
  /// another size or number of frames; error{numerical} for frames that are not finite.
  clip_scores score(const metric_input& input) const;

  const std::vector<named_metric>& parts() const { return parts_; }

 private:
  std::vector<named_metric> parts_;
};

}  // namespace zoetrope
