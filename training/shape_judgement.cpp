// See shape_judgement.hpp.
#include "training/shape_judgement.hpp"

#include <ATen/ATen.h>

#include "core/shapes/obedience.hpp"
#include "training/datasets/shapes.hpp"

namespace zoetrope {

namespace {

struct rate {
  int64_t asked = 0, right = 0;
  void count(std::optional<bool> is_right) {
    if (!is_right) return;
    ++asked;
    right += *is_right;
  }
};

using named_rates = std::map<std::string, rate>;

void count(named_rates& rates, const obedience& obeyed) {
  rates["obeys/colour"].count(obeyed.colour);
  rates["obeys/shape"].count(obeyed.shape);
  rates["obeys/motion"].count(obeyed.motion);
  rates["obeys/size"].count(obeyed.size);
  rates["obeys/background"].count(obeyed.background);
}

}  // namespace

float_clip clip_of(const at::Tensor& pixels) {
  const at::Tensor rows =
      pixels.detach().to(at::kCPU, at::kFloat).add(1).div(2).clamp(0, 1).permute({1, 2, 3, 0}).contiguous();
  const float* values = rows.const_data_ptr<float>();
  return {static_cast<int>(rows.size(2)), static_cast<int>(rows.size(1)), static_cast<int>(rows.size(0)),
          std::vector<float>(values, values + rows.numel())};
}

named_scalars obey_rates(const std::vector<judged_clip>& clips, const shape_world& world) {
  named_rates rates;
  double residual = 0;
  int64_t seen = 0;
  for (const judged_clip& each : clips) {
    const verdict found = judge(clip_of(each.pixels), world);
    count(rates, obeys(read_caption(each.caption), found));
    for (const judged_object& object : found.objects) {
      residual += object.residual;
      ++seen;
    }
  }
  named_scalars found;
  for (const auto& [name, each] : rates)
    if (each.asked > 0) found[name] = static_cast<double>(each.right) / static_cast<double>(each.asked);
  if (seen > 0) found["residual"] = residual / static_cast<double>(seen);
  return found;
}

named_scalars obey_rates(const std::vector<judged_clip>& clips, const dataset& data) {
  const auto* shapes = dynamic_cast<const shapes_dataset*>(&data);
  return shapes ? obey_rates(clips, shapes->world()) : named_scalars();
}

std::vector<std::string> obey_names(const std::vector<std::string>& captions, const dataset& data) {
  if (captions.empty() || !dynamic_cast<const shapes_dataset*>(&data)) return {};
  named_rates rates;
  for (const std::string& each : captions) count(rates, obeys(read_caption(each), verdict{}));
  std::vector<std::string> names = {"residual"};
  for (const auto& [name, each] : rates)
    if (each.asked > 0) names.push_back(name);
  return names;
}

}  // namespace zoetrope
