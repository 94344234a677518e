// The makers behind the table of eval/metric.cpp, one file each.
#pragma once

#include "eval/metric.hpp"

namespace zoetrope {

metric make_frame_psnr(const config& options, const metric_setup& setup);
metric make_motion_amount(const config& options, const metric_setup& setup);
metric make_temporal_flickering(const config& options, const metric_setup& setup);

}  // namespace zoetrope
