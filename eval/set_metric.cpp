// The table of metrics of two sets of clips.
#include "eval/set_metric.hpp"

#include "eval/metric_names.hpp"
#include "eval/metrics/makers.hpp"

namespace zoetrope {

registry<set_metric_maker>& set_metrics() {
  static registry<set_metric_maker> table(
      "set metric",
      {{"rfd_v1", make_rfd_v1,
        "Frechet distance of random 3-D convolution features; a regression signal, not FVD"},
       {"kvd_v1", make_kvd_v1, "kernel video distance (unbiased MMD) of the same features, for few clips"}});
  return table;
}

named_set_metric make_set_metric(const config& options, const metric_setup& setup) {
  const std::string type = options.get<std::string>("type");
  named_set_metric made{set_metrics().chosen(options, type)(options, setup), type};
  options.expect_all_read();
  return made;
}

std::vector<named_set_metric> make_set_metrics(const std::vector<config>& options,
                                               const metric_setup& setup) {
  std::vector<named_set_metric> made;
  for (const config& one : options) made.push_back(make_set_metric(one, setup));
  const std::vector<std::string> suffixes = option_suffixes(options);
  for (std::size_t i = 0; i < made.size(); ++i) {
    made[i].name += suffixes[i];
    made[i].compare = with_suffix(made[i].compare, suffixes[i]);
  }
  return made;
}

}  // namespace zoetrope
