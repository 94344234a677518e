// See prediction.hpp.
#include "schedulers/prediction.hpp"

#include <ATen/ATen.h>

#include <algorithm>
#include <cmath>

#include "schedulers/choice.hpp"
#include "schedulers/float32_math.hpp"
#include "schedulers/prediction_names.hpp"

namespace zoetrope {

const registry<prediction>& predictions() {
  static const registry<prediction> table(
      "prediction", {{"epsilon", prediction::epsilon, "the noise"},
                     {"sample", prediction::sample, "the clean clip"},
                     {"v_prediction", prediction::v, "alpha noise - sigma clip (Salimans and Ho 2022)"},
                     {"flow_prediction", prediction::flow, "noise - clip, of rectified flows"}});
  return table;
}

std::string name_of(prediction kind) {
  const auto& known = predictions().entries();
  return std::find_if(known.begin(), known.end(), [&](const auto& each) { return each.make == kind; })->name;
}

prediction read_prediction(const config& options, const char* key, const std::string& fallback,
                           const std::vector<prediction>& known) {
  std::vector<std::string> names;
  for (const prediction kind : known) names.push_back(name_of(kind));
  return predictions().find(read_choice(options, key, fallback.c_str(), names));
}

prediction read_prediction(const config& options, const std::vector<prediction>& known) {
  return read_prediction(options, "prediction_type", "epsilon", known);
}

signal_noise variance_preserving(float alpha_bar) {
  return {torch_sqrt(alpha_bar), torch_sqrt(1.0f - alpha_bar)};
}

at::Tensor predicted_original(prediction kind, const at::Tensor& output, const at::Tensor& sample,
                              signal_noise level) {
  switch (kind) {
    case prediction::epsilon:
      return (sample - level.sigma * output) / level.alpha;
    case prediction::v:
      return level.alpha * sample - level.sigma * output;
    case prediction::flow:
      return sample - level.sigma * output;
    default:
      return output;
  }
}

at::Tensor predicted_epsilon(prediction kind, const at::Tensor& output, const at::Tensor& sample,
                             signal_noise level) {
  switch (kind) {
    case prediction::epsilon:
      return output;
    case prediction::v:
      return level.alpha * output + level.sigma * sample;
    default:
      return (sample - level.alpha * predicted_original(kind, output, sample, level)) / level.sigma;
  }
}

linear_prediction_pair linear_predictions(prediction kind, double alpha_bar) {
  const double alpha = std::sqrt(alpha_bar), sigma = std::sqrt(1 - alpha_bar);
  switch (kind) {
    case prediction::epsilon:
      return {{1 / alpha, -sigma / alpha}, {0, 1}};
    case prediction::v:
      return {{alpha, -sigma}, {sigma, alpha}};
    default:  // the sample itself
      return {{0, 1}, {1 / sigma, -alpha / sigma}};
  }
}

at::Tensor sample_bounds::operator()(const at::Tensor& original) const {
  if (!threshold) return clip ? original.clamp(-range, range) : original;
  const bool is_half = original.scalar_type() != at::kFloat && original.scalar_type() != at::kDouble;
  const at::Tensor flat = (is_half ? original.to(at::kFloat) : original).flatten(1);  // b … -> b (…)
  const at::Tensor peak =
      at::quantile(flat.abs(), ratio, /*dim=*/1, /*keepdim=*/true).clamp(1.0, max_value);  // b 1
  return (at::clamp(flat, -peak, peak) / peak).view(original.sizes()).to(original.scalar_type());
}

sample_bounds read_thresholding(const config& options) {
  sample_bounds bounds;
  bounds.threshold = options.get("thresholding", false);
  bounds.ratio = options.get("dynamic_thresholding_ratio", bounds.ratio);
  bounds.max_value = options.get("sample_max_value", bounds.max_value);
  if (!(bounds.ratio >= 0.0 && bounds.ratio <= 1.0))
    throw options.fail(concat("dynamic_thresholding_ratio ", bounds.ratio, " must lie in [0, 1]"));
  return bounds;
}

void read_clipping(const config& options, bool clip_by_default, sample_bounds& bounds) {
  bounds.clip = options.get("clip_sample", clip_by_default);
  bounds.range = options.get("clip_sample_range", bounds.range);
}

}  // namespace zoetrope
