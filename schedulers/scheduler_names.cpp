// See scheduler_names.hpp.
#include "schedulers/scheduler_names.hpp"

#include <cctype>

#include "core/name_messages.hpp"
#include "schedulers/scheduler.hpp"

namespace zoetrope {

std::string short_scheduler_name(const std::string& class_name) {
  std::string stem = class_name;
  for (const std::string ending : {"Scheduler", "Discrete"})
    if (stem.ends_with(ending)) stem.resize(stem.size() - ending.size());
  std::string name;
  for (std::size_t i = 0; i < stem.size(); ++i) {
    const auto upper = [&](std::size_t at) { return at < stem.size() && std::isupper(stem[at]); };
    const auto lower = [&](std::size_t at) { return at < stem.size() && std::islower(stem[at]); };
    // A word begins at a capital after a small letter or digit, and at the last capital of an acronym.
    if (i > 0 && upper(i) && (!upper(i - 1) || lower(i + 1))) name += '_';
    name += static_cast<char>(std::tolower(stem[i]));
  }
  return name;
}

std::string scheduler_class_of(const std::string& name) {
  if (name == "default") return "";
  std::vector<std::string> known{"default"};
  for (const std::string& class_name : schedulers().names()) {
    if (name == class_name || name == short_scheduler_name(class_name)) return class_name;
    known.push_back(class_name);
    known.push_back(short_scheduler_name(class_name));
  }
  throw error(error_kind::usage, concat("--scheduler: '", printable(name), "' is not known",
                                        did_you_mean(name, known), " (zoetrope list schedulers shows all)"));
}

}  // namespace zoetrope
