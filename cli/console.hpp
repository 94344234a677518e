// What the program says: results on stdout, everything else on stderr. Beside it only the bar of progress.hpp
// goes to stderr, and CLI11's help to stdout.
#pragma once

#include <string>
#include <string_view>

namespace zoetrope {

class console {
 public:
  bool quiet = false;  ///< no notes, no progress

  /// A line of the result; error{runtime} if stdout cannot be written to, but for a pipe that its reader closed.
  void print(std::string_view line) const;
  /// What the user may like to know; left out when quiet.
  void note(std::string_view line) const;
  /// `zoetrope: warning: …`, always shown.
  void warn(std::string_view line) const;
  /// `zoetrope: error: …`
  void fail(std::string_view line) const;
};

/// The standard error stream is a terminal.
bool on_terminal();
/// `3,466,213,124`
std::string with_commas(int64_t number);

}  // namespace zoetrope
