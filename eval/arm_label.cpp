// See arm_label.hpp.
#include "eval/arm_label.hpp"

#include <algorithm>
#include <cctype>

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

std::size_t end_of_digits(const std::string& text, std::size_t at) {
  while (at < text.size() && std::isdigit(static_cast<unsigned char>(text[at]))) ++at;
  return at;
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

bool natural_less(const std::string& a, const std::string& b) {
  for (std::size_t i = 0, j = 0; i < a.size() && j < b.size();) {
    const std::size_t a_end = end_of_digits(a, i), b_end = end_of_digits(b, j);
    if (a_end > i && b_end > j) {
      std::string left = a.substr(i, a_end - i), right = b.substr(j, b_end - j);
      left.erase(0, std::min(left.find_first_not_of('0'), left.size() - 1));
      right.erase(0, std::min(right.find_first_not_of('0'), right.size() - 1));
      if (left != right) return left.size() != right.size() ? left.size() < right.size() : left < right;
      i = a_end, j = b_end;
    } else {
      if (a[i] != b[j]) return a[i] < b[j];
      ++i, ++j;
    }
  }
  return a.size() < b.size();
}

}  // namespace zoetrope
