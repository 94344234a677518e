// What is wrong with data that somebody gives: collected whole, told at once.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

namespace zoetrope {

class data_problems {
 public:
  void add(const std::string& where, const std::string& what) { lines_.push_back(where + ": " + what); }
  const std::vector<std::string>& lines() const { return lines_; }

  /// error{bad_input} that lists every problem unless there is none or `skip_bad`, and one where nothing is
  /// left. `usable` of `all` clips are in order; `source` is where they were looked for.
  void settle(const std::string& source, bool skip_bad, std::size_t usable, std::size_t all) const;

 private:
  std::vector<std::string> lines_;
};

}  // namespace zoetrope
