// VBench's dynamic_degree: 1 for a clip that moves, 0 for one that does not; over clips, the share that move.
// Flow is RAFT's after 20 updates, on frames padded to multiples of 8 by their border.
#include "eval/network_metrics/dynamic_degree.hpp"

#include <ATen/ATen.h>
#include <c10/core/GradMode.h>

#include <algorithm>
#include <cmath>

#include "eval/network_metrics/frame_pixels.hpp"
#include "eval/network_metrics/makers.hpp"
#include "eval/network_metrics/network_weights.hpp"
#include "eval/network_metrics/raft.hpp"

namespace zoetrope {
namespace {

constexpr int updates = 20;
constexpr const char* weights_name = "raft.safetensors";

at::Tensor padded(const at::Tensor& picture) {
  const int64_t rows = (8 - picture.size(2) % 8) % 8, columns = (8 - picture.size(3) % 8) % 8;
  return at::replication_pad2d(picture, {columns / 2, columns - columns / 2, rows / 2, rows - rows / 2});
}

metric_values measured(const raft& network, const metric_input& input) {
  const c10::NoGradGuard no_grad;
  metric_values value{"dynamic_degree", "share of clips", better::higher};
  const int step = frame_interval(input.fps), side = std::min(input.clip.width, input.clip.height);
  at::Tensor before = padded(byte_frame(input.clip, 0));
  int looked_at = 1;
  for (int i = step; i < input.clip.frames; i += step, ++looked_at) {
    at::Tensor now = padded(byte_frame(input.clip, i));
    value.per_pair.push_back(longest_flow(network.flow(before, now, updates)));
    before = std::move(now);
  }
  value.per_video = moves(value.per_pair, looked_at, side) ? 1 : 0;
  return value;
}

}  // namespace

double longest_flow(const at::Tensor& flow) {
  const at::Tensor lengths = flow.square().sum(1).sqrt().flatten();
  const int64_t count = static_cast<int64_t>(static_cast<double>(lengths.numel()) * 0.05);
  return std::get<0>(lengths.topk(count)).to(at::kDouble).mean().item<double>();
}

bool moves(const std::vector<double>& longest, int frames, int shorter_side) {
  const double threshold = 6.0 * shorter_side / 256;
  const auto moving = std::count_if(longest.begin(), longest.end(), [=](double r) { return r > threshold; });
  return static_cast<double>(moving) >= std::nearbyint(4 * (frames / 16.0));
}

int frame_interval(double fps) { return std::max(1, static_cast<int>(std::nearbyint(fps / 8))); }

metric make_dynamic_degree(const config&, const metric_setup& setup) {
  metric made{.role = metric_role::motion, .needs = {.side = static_cast<int>(raft::least_side)}};
  made.unavailable = missing_file(setup, weights_name);
  if (!made.unavailable.empty()) return made;
  made.refuses = [](const metric_input& input) {
    const int step = frame_interval(input.fps);
    return step < input.clip.frames
               ? ""
               : concat("needs two frames at 8 a second, has ", input.clip.frames, " at ", input.fps);
  };
  const auto network = load_raft(setup.weights / weights_name);
  made.measure = [network](const metric_input& input) { return std::vector{measured(*network, input)}; };
  return made;
}

}  // namespace zoetrope
