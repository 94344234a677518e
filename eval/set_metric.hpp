// Metrics that compare a set of clips with a set of reference clips by features of each: Frechet and kernel
// distances. A set metric is a part as those of eval/metric.hpp are.
#pragma once

#include "eval/metric.hpp"

namespace zoetrope {

/// One row a clip, all of one length.
using feature_rows = std::vector<std::vector<double>>;

struct set_metric {
  /// Set metrics with the same text share features: what makes them, with its options.
  std::string feature_key = {};
  /// Of one clip. Safe to call from several threads. error{bad_input} for a clip that is too small.
  std::function<std::vector<double>(const float_clip& clip)> features = {};
  /// Why these sets cannot be compared, one line that starts with "needs"; empty: they can.
  std::function<std::string(const feature_rows& clips, const feature_rows& reference)> refuses = {};
  std::function<std::vector<metric_values>(const feature_rows& clips, const feature_rows& reference)>
      compare = {};
  /// Set where the metric cannot be had at all: "needs i3d.pt".
  std::string unavailable = {};
};

using set_metric_maker = set_metric (*)(const config& options, const metric_setup& setup);
registry<set_metric_maker>& set_metrics();

struct named_set_metric : set_metric {
  std::string name;
};
/// As make_metric.
named_set_metric make_set_metric(const config& options, const metric_setup& setup = {});
/// Those of one run, with names as option_suffixes() says; errors as there and above.
std::vector<named_set_metric> make_set_metrics(const std::vector<config>& options,
                                               const metric_setup& setup = {});

}  // namespace zoetrope
