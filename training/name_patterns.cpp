// See name_patterns.hpp.
#include "training/name_patterns.hpp"

#include <algorithm>

namespace zoetrope {

namespace {

std::string_view without_mark(std::string_view pattern) {
  return pattern.starts_with('!') ? pattern.substr(1) : pattern;
}

}  // namespace

// Greedy with one place to go back to: the last *, which may always take one character more.
bool matches(std::string_view pattern, std::string_view name) {
  std::size_t p = 0, n = 0, star = std::string_view::npos, taken = 0;
  while (n < name.size()) {
    if (p < pattern.size() && pattern[p] == '*') {
      star = p++;
      taken = n;
    } else if (p < pattern.size() && pattern[p] == name[n]) {
      ++p;
      ++n;
    } else if (star != std::string_view::npos) {
      p = star + 1;
      n = ++taken;
    } else {
      return false;
    }
  }
  return pattern.find_first_not_of('*', p) == std::string_view::npos;
}

bool name_patterns::match(std::string_view name) const {
  const auto last = std::find_if(patterns_.rbegin(), patterns_.rend(), [&](const std::string& pattern) {
    return matches(without_mark(pattern), name);
  });
  return last != patterns_.rend() && !last->starts_with('!');
}

std::vector<std::string> name_patterns::idle(const std::vector<std::string>& names) const {
  std::vector<std::string> without;
  for (const std::string& pattern : patterns_)
    if (std::none_of(names.begin(), names.end(),
                     [&](const std::string& name) { return matches(without_mark(pattern), name); }))
      without.push_back(pattern);
  return without;
}

}  // namespace zoetrope
