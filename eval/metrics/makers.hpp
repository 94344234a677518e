// The makers behind the tables of eval/metric.cpp and eval/set_metric.cpp.
#pragma once

#include "eval/metric.hpp"
#include "eval/set_metric.hpp"

namespace zoetrope {

metric make_colour_drift(const config& options, const metric_setup& setup);
metric make_flicker_spectrum(const config& options, const metric_setup& setup);
metric make_flow_smoothness(const config& options, const metric_setup& setup);
metric make_frame_psnr(const config& options, const metric_setup& setup);
metric make_frame_ssim(const config& options, const metric_setup& setup);
metric make_interpolation_residual(const config& options, const metric_setup& setup);
metric make_lag_similarity(const config& options, const metric_setup& setup);
metric make_motion_amount(const config& options, const metric_setup& setup);
metric make_prompt_adherence(const config& options, const metric_setup& setup);
metric make_psnr(const config& options, const metric_setup& setup);
metric make_ssim(const config& options, const metric_setup& setup);
metric make_temporal_flickering(const config& options, const metric_setup& setup);
metric make_tof(const config& options, const metric_setup& setup);
metric make_trajectory_error(const config& options, const metric_setup& setup);
metric make_warp_error(const config& options, const metric_setup& setup);

set_metric make_kvd_v1(const config& options, const metric_setup& setup);
set_metric make_rfd_v1(const config& options, const metric_setup& setup);

}  // namespace zoetrope
