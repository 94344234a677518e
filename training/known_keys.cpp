// See known_keys.hpp.
#include "training/known_keys.hpp"

#include <algorithm>

namespace zoetrope {

void expect_keys_read(const config& options, const std::vector<std::string>& handed_on) {
  const std::size_t start = options.path().size() + 1;  // behind the dot
  std::vector<std::string> unknown, known = handed_on, lines;
  for (const std::string& path : options.unread()) {
    const std::string first = path.substr(start, path.find('.', start) - start);
    if (std::find(handed_on.begin(), handed_on.end(), first) == handed_on.end()) unknown.push_back(path);
  }
  const json described = options.described();
  for (const auto& [key, value] : described.items())
    if (std::find(unknown.begin(), unknown.end(), concat(options.path(), ".", key)) == unknown.end())
      known.push_back(key);
  for (const std::string& path : unknown) {
    const std::string hint = nearest_name(path.substr(start), known);
    lines.push_back(path + (hint.empty() ? "" : concat(" (did you mean '", hint, "'?)")));
  }
  ZT_CHECK(lines.empty(), bad_input, options.source(), ": nothing reads ", joined(lines));
}

}  // namespace zoetrope
