// See memory_policy.hpp.
#include "pipelines/memory_policy.hpp"

#include "core/names.hpp"
#include "pipelines/memory_choice.hpp"

namespace zoetrope {

memory_policy frugal_policy() {
  memory_policy policy;
  for (const policy_switch& one : policy_switches())
    if (one.same_result) one.set(policy);
  return policy;
}

std::string what_else_saves_memory(const memory_policy& policy) {
  std::vector<std::string> names;
  for (const policy_switch& one : policy_switches()) {
    memory_policy with = policy;
    one.set(with);
    if (with != policy) names.push_back(one.name);
  }
  return names.empty() ? "a smaller size or fewer frames" : joined(names);
}

}  // namespace zoetrope
