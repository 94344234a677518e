// The one exception type of the toolkit: what kind of failure, what went wrong, and where.
// Context is added on the way up, so a message reads from the outside in:
//   model assets/tiny: unet: down_blocks.1: group_norm: 84 channels are not divisible by 32 groups
#pragma once

#include <exception>
#include <sstream>
#include <string>
#include <utility>

namespace zoetrope {

/// Each kind has its own exit code (see exit_code): scripts can tell a typing error from a broken file.
enum class error_kind { runtime, usage, bad_input, out_of_memory, numerical, interrupted };

/// 1 runtime, 2 usage, 3 bad input file, 4 out of memory, 5 numerical failure (NaN), 130 interrupted.
int exit_code(error_kind kind);

class error : public std::exception {
 public:
  error(error_kind kind, std::string message) : kind_(kind), message_(std::move(message)) {}

  /// Puts `where` in front of the message; callers further out add theirs later.
  error& add_context(const std::string& where);

  error_kind kind() const { return kind_; }
  const char* what() const noexcept override { return message_.c_str(); }

 private:
  error_kind kind_;
  std::string message_;
};

/// Streams all arguments into one string.
template <class... Parts>
std::string concat(const Parts&... parts) {
  std::ostringstream out;
  (out << ... << parts);
  return out.str();
}

/// Calls `body`; an error that leaves it gets `where` as context.
template <class Body>
decltype(auto) in_context(const std::string& where, Body&& body) {
  try {
    return std::forward<Body>(body)();
  } catch (error& failure) {
    failure.add_context(where);
    throw;
  }
}

/// `text` made safe to print: control characters and invalid bytes escaped, at most `limit` bytes.
std::string printable(std::string_view text, std::size_t limit = 200);

}  // namespace zoetrope

/// Throws error(kind, …) unless `condition` holds; the rest is streamed into the message.
#define ZT_CHECK(condition, kind, ...)                                                        \
  do {                                                                                        \
    if (!(condition))                                                                         \
      throw ::zoetrope::error(::zoetrope::error_kind::kind, ::zoetrope::concat(__VA_ARGS__)); \
  } while (false)
