// `zoetrope results list`, `compare` and `sets`, and the arguments that the commands of results share.
#pragma once

#include "cli/comparison_flags.hpp"
#include "cli/console.hpp"
#include "cli/result_places.hpp"
#include "cli/set_flags.hpp"
#include "core/config.hpp"

namespace zoetrope {

struct result_arguments {
  result_places places;
  std::filesystem::path output;
  comparison_flags comparison;
  std::vector<std::string> measures;
  set_flags sets;
  bool as_json = false, as_csv = false;
};

void list_results(const result_arguments& chosen, const console& out);
void compare_arms(const result_arguments& chosen, const console& out);
void compare_arms_as_sets(const result_arguments& chosen, const console& out);

}  // namespace zoetrope
