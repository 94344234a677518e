// See memory_choice.hpp.
#include "pipelines/memory_choice.hpp"

#include <algorithm>
#include <cstdio>
#include <optional>

namespace zoetrope {

namespace {

constexpr int64_t chunk_tokens = 1024, tile_side = 32;

/// A bit for each switch that is on.
using switch_set = uint32_t;

template <class Body>
void for_each_in(switch_set chosen, Body&& body) {
  const auto& switches = policy_switches();
  for (std::size_t i = 0; i < switches.size(); ++i)
    if ((chosen >> i & 1) != 0) body(switches[i]);
}

bool same_result(switch_set chosen) {
  bool same = true;
  for_each_in(chosen, [&](const policy_switch& one) { same = same && one.same_result; });
  return same;
}

double slowdown(switch_set chosen, bool cpu) {
  double sum = 0;
  for_each_in(chosen, [&](const policy_switch& one) { sum += cpu ? one.slowdown_cpu : one.slowdown_gpu; });
  return sum;
}

planned_set planned(const memory_planner& planner, const text_to_video_call& call, switch_set chosen) {
  planned_set set{.policy = call.memory, .slowdown = slowdown(chosen, planner.device().is_cpu())};
  for_each_in(chosen, [&](const policy_switch& one) {
    one.set(set.policy);
    set.names.push_back(one.name);
  });
  text_to_video_call changed = call;
  changed.memory = set.policy;
  set.plan = planner.plan(changed);
  return set;
}

/// All sets of switches, in the order in which they are preferred.
std::vector<switch_set> preferred_sets(bool cpu) {
  std::vector<switch_set> sets(std::size_t{1} << policy_switches().size());
  for (std::size_t i = 0; i < sets.size(); ++i) sets[i] = static_cast<switch_set>(i);
  std::stable_sort(sets.begin(), sets.end(), [cpu](switch_set a, switch_set b) {
    if (same_result(a) != same_result(b)) return same_result(a);
    return slowdown(a, cpu) < slowdown(b, cpu);
  });
  return sets;
}

std::string gibibytes(int64_t bytes) {
  char text[32];
  const double mebibytes = static_cast<double>(bytes) / (1 << 20);
  if (mebibytes < 1024)
    std::snprintf(text, sizeof text, "%.1f MiB", mebibytes);
  else
    std::snprintf(text, sizeof text, "%.2f GiB", mebibytes / 1024);
  return text;
}

}  // namespace

const std::vector<policy_switch>& policy_switches() {
  static const std::vector<policy_switch> switches = {
      {"drop_text_encoders", [](memory_policy& p) { p.drop_text_encoders = true; }, 0.0, 0.0, true},
      {"feed_forward_chunk", [](memory_policy& p) { p.feed_forward_chunk = chunk_tokens; }, 0.0, 0.03, true},
      {"attention_slice", [](memory_policy& p) { p.attention_slice = 1; }, 0.02, 0.05, true},
      {"offload", [](memory_policy& p) { p.offload = true; }, 0.01, 0.04, true},
      {"guidance_in_turn", [](memory_policy& p) { p.guidance_in_turn = true; }, 0.05, 0.10, true},
      {"stream", [](memory_policy& p) { p.stream = true; }, 0.20, 1.0, true},
      {"vae_tile", [](memory_policy& p) { p.vae_tile = tile_side; }, 0.05, 0.02, false},
  };
  return switches;
}

std::vector<planned_set> plan_each_policy(const memory_planner& planner, const text_to_video_call& call) {
  std::vector<planned_set> sets{planned(planner, call, 0)};
  for (std::size_t i = 0; i < policy_switches().size(); ++i)
    sets.push_back(planned(planner, call, switch_set{1} << i));
  return sets;
}

planned_set plan_low_vram(const memory_planner& planner, const text_to_video_call& call) {
  switch_set frugal = 0;
  for (std::size_t i = 0; i < policy_switches().size(); ++i)
    if (policy_switches()[i].same_result) frugal |= switch_set{1} << i;
  planned_set set = planned(planner, call, frugal);
  set.names = {"low_vram_mode"};
  return set;
}

planned_set fastest_within(const memory_planner& planner, const text_to_video_call& call, int64_t budget) {
  std::optional<planned_set> smallest;
  for (const switch_set chosen : preferred_sets(planner.device().is_cpu())) {
    planned_set set = planned(planner, call, chosen);
    if (set.plan.peak() <= budget) return set;
    if (!smallest || set.plan.peak() < smallest->plan.peak()) smallest = std::move(set);
  }
  throw error(error_kind::usage,
              concat("a budget of ", gibibytes(budget), " is below the smallest plan, ",
                     gibibytes(smallest->plan.peak()), " (with ", joined(smallest->names), ")"));
}

}  // namespace zoetrope
