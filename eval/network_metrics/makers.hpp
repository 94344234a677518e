// One maker a metric with a network: the functions behind the lines of eval/network_metrics.cpp.
#pragma once

#include "eval/metric.hpp"
#include "eval/set_metric.hpp"

namespace zoetrope {

metric make_clip_frame_consistency(const config& options, const metric_setup& setup);
metric make_clip_text_score(const config& options, const metric_setup& setup);
metric make_dynamic_degree(const config& options, const metric_setup& setup);
metric make_frame_lpips(const config& options, const metric_setup& setup);
metric make_lpips(const config& options, const metric_setup& setup);
metric make_subject_consistency(const config& options, const metric_setup& setup);
metric make_tlp(const config& options, const metric_setup& setup);

set_metric make_fvd(const config& options, const metric_setup& setup);

}  // namespace zoetrope
