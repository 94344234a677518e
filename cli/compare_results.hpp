// `zoetrope results compare`, and the arguments that the commands of results share.
#pragma once

#include "cli/console.hpp"
#include "core/config.hpp"

namespace zoetrope {

struct result_arguments {
  std::vector<std::filesystem::path> places;
  std::filesystem::path output;
  std::string baseline;
  std::vector<std::string> measures;
  double level = 0.95;
  std::string by = "clip";
  bool as_json = false, as_csv = false;
};

void compare_arms(const result_arguments& chosen, const console& out);

}  // namespace zoetrope
