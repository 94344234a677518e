// LPIPS of clips: frame_lpips between neighbouring frames (curve: from the first frame on), lpips against a
// reference video, and tlp, tLP of Chu et al. 2020: |LPIPS(g_{t-1}, g_t) - LPIPS(r_{t-1}, r_t)| with the
// reference r.
#include <c10/core/GradMode.h>

#include <cmath>

#include "core/registry.hpp"
#include "eval/metrics/frame_loop.hpp"
#include "eval/network_metrics/frame_pixels.hpp"
#include "eval/network_metrics/lpips_network.hpp"
#include "eval/network_metrics/makers.hpp"
#include "eval/network_metrics/network_weights.hpp"

namespace zoetrope {
namespace {

const registry<lpips_backbone>& backbones() {
  static const registry<lpips_backbone> table(
      "lpips net", {{"alex", lpips_backbone::alex, "AlexNet"}, {"vgg", lpips_backbone::vgg, "VGG-16"}});
  return table;
}

using clip_distance = metric_values (*)(const lpips_network& network, const metric_input& input);

// What the three share: where the weights are, and what is needed of a clip.
metric lpips_metric(const config& options, const metric_setup& setup, metric made, clip_distance distance) {
  const std::string net = options.get("net", "alex");
  const lpips_backbone backbone = in_context(options.path(), [&] { return backbones().find(net); });
  const std::string name = concat("lpips_", net, ".safetensors");
  made.unavailable = missing_file(setup, name);
  if (!made.unavailable.empty()) return made;
  const auto network = load_lpips(setup.weights / name, backbone);
  made.needs.side = static_cast<int>(network->least_side());
  made.measure = [=](const metric_input& input) {
    const c10::NoGradGuard no_grad;
    metric_values value = distance(*network, input);
    value.per_video = mean_of_numbers(value.per_pair);
    return std::vector<metric_values>{value};
  };
  return made;
}

struct clip_steps {
  std::vector<double> neighbours, from_first;
};

// LPIPS(f_{t-1}, f_t) and LPIPS(f_0, f_t), t = 1 … T-1.
clip_steps steps_of(const lpips_network& network, const float_clip& clip) {
  clip_steps steps;
  const auto first = network.features(float_frame(clip, 0));
  auto before = first;
  for (int i = 1; i < clip.frames; ++i) {
    auto now = network.features(float_frame(clip, i));
    steps.neighbours.push_back(network.distance(before, now));
    steps.from_first.push_back(network.distance(first, now));
    before = std::move(now);
  }
  return steps;
}

metric_values between_neighbours(const lpips_network& network, const metric_input& input) {
  metric_values value{"frame_lpips", "1", better::lower};
  const clip_steps steps = steps_of(network, input.clip);
  value.per_pair = steps.neighbours;
  value.curves["from_first"] = steps.from_first;
  return value;
}

metric_values from_reference(const lpips_network& network, const metric_input& input) {
  metric_values value{"lpips", "1", better::lower};
  for (int i = 0; i < input.clip.frames; ++i)
    value.per_pair.push_back(network.distance(network.features(float_frame(input.clip, i)),
                                              network.features(float_frame(*input.reference, i))));
  return value;
}

metric_values of_changes(const lpips_network& network, const metric_input& input) {
  metric_values value{"tlp", "1", better::lower};
  const auto ours = steps_of(network, input.clip).neighbours,
             theirs = steps_of(network, *input.reference).neighbours;
  for (std::size_t i = 0; i < ours.size(); ++i) value.per_pair.push_back(std::abs(ours[i] - theirs[i]));
  return value;
}

}  // namespace

metric make_frame_lpips(const config& options, const metric_setup& setup) {
  return lpips_metric(options, setup, {.role = metric_role::consistency}, between_neighbours);
}

metric make_lpips(const config& options, const metric_setup& setup) {
  return lpips_metric(options, setup,
                      {.role = metric_role::fidelity, .needs = {.frames = 1, .reference = true}},
                      from_reference);
}

metric make_tlp(const config& options, const metric_setup& setup) {
  return lpips_metric(options, setup, {.role = metric_role::fidelity, .needs = {.reference = true}},
                      of_changes);
}

}  // namespace zoetrope
