// Which of many dotted names are meant: patterns in which * stands for any run of characters. The last
// pattern that fits a name decides, and one that starts with ! takes names out: {"unet.*", "!*.norm*"}. Free
// of torch.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace zoetrope {

class name_patterns {
 public:
  explicit name_patterns(std::vector<std::string> patterns) : patterns_(std::move(patterns)) {}

  bool match(std::string_view name) const;
  /// Those that fit none of `names`: most likely mistyped.
  std::vector<std::string> idle(const std::vector<std::string>& names) const;

 private:
  std::vector<std::string> patterns_;
};

/// One pattern without !.
bool matches(std::string_view pattern, std::string_view name);

}  // namespace zoetrope
