// See arm_label.hpp.
#include "eval/arm_label.hpp"

#include <algorithm>

#include "core/json_text.hpp"
#include "core/names.hpp"

namespace zoetrope {

namespace {

// The last `count` steps of a path.
std::string last_steps(const std::string& path, int count) {
  std::size_t at = path.size();
  for (int i = 0; i < count && at != std::string::npos; ++i) at = path.rfind('.', at - 1);
  return at == std::string::npos ? path : path.substr(at + 1);
}

std::string without_type(const std::string& path) {
  constexpr std::string_view ending = ".type";
  return path.ends_with(ending) ? path.substr(0, path.size() - ending.size()) : path;
}

}  // namespace

std::map<std::string, std::string> axis_names(const std::set<std::string>& paths) {
  std::map<std::string, std::string> names;
  for (const std::string& path : paths) {
    const std::string whole = without_type(path);
    const auto is_shared = [&](const std::string& end) {
      return std::any_of(paths.begin(), paths.end(), [&](const std::string& other) {
        return other != path && (without_type(other) == end || without_type(other).ends_with("." + end));
      });
    };
    int steps = 1;
    while (is_shared(last_steps(whole, steps)) && last_steps(whole, steps) != whole) ++steps;
    names[path] = is_shared(last_steps(whole, steps)) ? path : last_steps(whole, steps);
  }
  return names;
}

std::string shown_value(const json& value) {
  return value.is_string() ? value.get<std::string>() : compact(value);
}

std::string arm_label(const json& axes, const std::map<std::string, std::string>& names) {
  std::vector<std::string> parts;
  for (const auto& [path, value] : axes.items()) parts.push_back(names.at(path) + "=" + shown_value(value));
  return parts.empty() ? "(no axis)" : joined(parts);
}

}  // namespace zoetrope
