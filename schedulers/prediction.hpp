// What the network's output means, and the way from it to x_0 and epsilon, at a level x_t = alpha x_0 + sigma
// epsilon (Salimans and Ho 2022, arXiv 2202.00512, section 4 and appendix D).
//   alpha, sigma  alpha_t, sigma_t    signal and noise at t
//   epsilon       the noise; sample: x_0; v: alpha epsilon - sigma x_0; flow: epsilon - x_0 (rectified flow)
#pragma once

#include <ATen/core/Tensor.h>

#include <vector>

#include "core/config.hpp"

namespace zoetrope {

enum class prediction { epsilon, sample, v, flow };
/// prediction_type; error{bad_input} for one that is not in `known`.
prediction read_prediction(const config& options, const std::vector<prediction>& known);

/// One noise level. Single precision, as the originals hold it.
struct signal_noise {
  float alpha, sigma;
};
/// From alpha_bar: (sqrt(alpha_bar), sqrt(1 - alpha_bar)).
signal_noise variance_preserving(float alpha_bar);

at::Tensor predicted_original(prediction kind, const at::Tensor& output, const at::Tensor& sample,
                              signal_noise level);
at::Tensor predicted_epsilon(prediction kind, const at::Tensor& output, const at::Tensor& sample,
                             signal_noise level);

/// predicted_original and predicted_epsilon of a variance-preserving level as linear maps of sample and
/// output.
struct linear_prediction {
  double sample, output;
};
struct linear_prediction_pair {
  linear_prediction original, epsilon;
};
linear_prediction_pair linear_predictions(prediction kind, double alpha_bar);

/// Keeps a predicted x_0 in range: dynamic thresholding (Saharia et al. 2022, arXiv 2205.11487, section 2.3),
/// else a plain clamp, else nothing.
struct sample_bounds {
  bool threshold = false;
  double ratio = 0.995, max_value = 1.0;
  bool clip = false;
  double range = 1.0;
  at::Tensor operator()(const at::Tensor& original) const;
};
/// thresholding, dynamic_thresholding_ratio, sample_max_value.
sample_bounds read_thresholding(const config& options);
/// clip_sample (with the class's default), clip_sample_range.
void read_clipping(const config& options, bool clip_by_default, sample_bounds& bounds);

}  // namespace zoetrope
