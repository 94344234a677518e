// See data_problems.hpp.
#include "training/data_problems.hpp"

namespace zoetrope {

std::string without_path(const error& failure, const std::filesystem::path& path) {
  const std::string text = failure.what(), start = printable(path.string()) + ": ";
  return text.starts_with(start) ? text.substr(start.size()) : text;
}

void data_problems::add(const std::string& clip, const std::string& what) {
  if (!clips_.empty() && clips_.back().name == clip)
    clips_.back().problems += "; " + what;
  else
    clips_.push_back({clip, what});
}

std::string data_problems::settle(const std::string& source, bool skip_bad, std::size_t all) const {
  ZT_CHECK(all > 0, bad_input, source, ": there are no clips");
  if (clips_.empty()) return "";
  const bool go_on = skip_bad && clips_.size() < all;
  std::string text =
      concat(source, ": ", clips_.size(), " of ", all, " clips ", go_on ? "are left out" : "cannot be used");
  if (!skip_bad && clips_.size() < all) text += "; skip_bad: true (--skip-bad) leaves them out";
  for (const bad_clip& each : clips_) text += concat("\n  ", each.name, ": ", each.problems);
  ZT_CHECK(go_on, bad_input, text);
  return text;
}

}  // namespace zoetrope
