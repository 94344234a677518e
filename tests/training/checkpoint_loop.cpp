// checkpoint_loop ROOT FIRST KEEP: writes a checkpoint for each step from FIRST on, until it is killed, and
// says each step on stdout once its commit has returned.
#include <unistd.h>

#include "tests/training/checkpoint_content.hpp"

namespace {

bool say(int64_t step) {
  const std::string line = std::to_string(step) + "\n";
  return ::write(STDOUT_FILENO, line.data(), line.size()) > 0;
}

}  // namespace

int main(int count, char** arguments) {
  if (count != 4 || !say(0)) return 2;
  for (int64_t step = std::stoll(arguments[2]);; ++step) {
    zoetrope::write_checkpoint(arguments[1], step, std::stoull(arguments[3]));
    if (!say(step)) return 1;
  }
}
