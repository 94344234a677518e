// Which memory policies to use: their peaks side by side, and the fastest set that fits a budget.
#pragma once

#include <string>
#include <vector>

#include "pipelines/memory_plan.hpp"

namespace zoetrope {

/// A policy that can be switched on, with the setting that a plan tries.
struct policy_switch {
  const char* name;  ///< as the setting is called: "attention_slice"
  void (*set)(memory_policy& policy);
  /// Estimated share by which a clip takes longer. They order the sets, no more: docs/memory.md says what
  /// they rest on.
  double slowdown_cpu, slowdown_gpu;
  bool same_result;  ///< to the bit
};
/// From the cheapest to the dearest.
const std::vector<policy_switch>& policy_switches();

struct planned_set {
  std::vector<std::string> names;  ///< of its switches; none: the plain run
  memory_policy policy;
  double slowdown = 0;
  memory_plan plan;
};

/// The plain run, then each switch alone.
std::vector<planned_set> plan_each_policy(const memory_planner& planner, const text_to_video_call& call);

/// --low_vram_mode: the switches of frugal_policy() together.
planned_set plan_low_vram(const memory_planner& planner, const text_to_video_call& call);

/// The set of switches with the least slowdown whose peak is within `budget` bytes; sets that change the
/// result come after all that do not. error{usage} that names the smallest plan if none fits.
planned_set fastest_within(const memory_planner& planner, const text_to_video_call& call, int64_t budget);

}  // namespace zoetrope
