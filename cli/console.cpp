// See console.hpp.
#include "cli/console.hpp"

#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstring>

#include "core/error.hpp"

namespace zoetrope {

namespace {

// False where some of it was not taken; errno says why.
bool put(FILE* stream, std::string_view prefix, std::string_view line) {
  std::fwrite(prefix.data(), 1, prefix.size(), stream);
  std::fwrite(line.data(), 1, line.size(), stream);
  std::fputc('\n', stream);
  return std::fflush(stream) == 0 && !std::ferror(stream);
}

}  // namespace

void console::print(std::string_view line) const {
  // A reader that closed the pipe (`| head`) has what it wanted; the work goes on.
  ZT_CHECK(put(stdout, "", line) || errno == EPIPE, runtime,
           "stdout cannot be written to: ", std::strerror(errno));
}
void console::note(std::string_view line) const {
  if (!quiet) put(stderr, "zoetrope: ", line);
}
void console::warn(std::string_view line) const { put(stderr, "zoetrope: warning: ", line); }
void console::fail(std::string_view line) const { put(stderr, "zoetrope: error: ", line); }

bool on_terminal() { return isatty(STDERR_FILENO) == 1; }

std::string with_commas(int64_t number) {
  std::string text = std::to_string(number);
  for (int at = static_cast<int>(text.size()) - 3; at > (number < 0 ? 1 : 0); at -= 3) text.insert(at, ",");
  return text;
}

}  // namespace zoetrope
