// See part_clock.hpp. Modules report when they return, the inner before the outer: the time since the last
// report is the own time of the one that reports now.
#include "eval/part_clock.hpp"

#include "core/tensor/gpu_work.hpp"

namespace zoetrope {

std::string unet_part_kind(const std::string& path) {
  const auto in = [&](const char* name) { return path.find(name) != std::string::npos; };
  if (in("temporal_attentions") || in("temporal_in")) return "temporal_transformer";
  if (in("temp_convs")) return "temporal_behind_resnet";
  if (in("attentions")) return "spatial_transformer";
  if (in("resnets")) return "resnet";
  if (in("downsamplers") || in("upsamplers")) return "resampling";
  return "other";
}

part_clock::part_clock(module& watched) : watched_(watched) {
  watched_.set_tap([this](const std::string& path, const at::Tensor& output) {
    wait_for(output.device());
    const auto now = clock::now();
    seconds_[unet_part_kind(path)] += std::chrono::duration<double>(now - last_).count();
    last_ = now;
  });
}

part_clock::~part_clock() { watched_.set_tap({}); }

std::map<std::string, double> part_clock::lap(double evaluation) {
  std::map<std::string, double> parts = std::exchange(seconds_, {});
  // What lies between two evaluations was counted with the first part of the second, an embedding.
  parts["other"] = evaluation;
  for (const auto& [kind, seconds] : parts)
    if (kind != "other") parts["other"] -= seconds;
  return parts;
}

}  // namespace zoetrope
