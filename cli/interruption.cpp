// See interruption.hpp.
#include "cli/interruption.hpp"

#include <signal.h>
#include <unistd.h>

#include "core/error.hpp"

namespace zoetrope {

namespace {

volatile sig_atomic_t pending = 0;

extern "C" void on_signal(int signal) {
  if (pending) _exit(128 + signal);
  pending = signal;
}

}  // namespace

void install_signal_handlers() {
  struct sigaction action {};
  action.sa_handler = on_signal;
  sigemptyset(&action.sa_mask);
  action.sa_flags = SA_RESTART;
  sigaction(SIGINT, &action, nullptr);
  sigaction(SIGTERM, &action, nullptr);
  // A closed pipe (`zoetrope list | head`) is a failed write, not a death in the middle of one.
  signal(SIGPIPE, SIG_IGN);
}

int pending_signal() { return pending; }

void stop_if_interrupted() {
  ZT_CHECK(!pending, interrupted, "stopped by signal ", static_cast<int>(pending));
}

}  // namespace zoetrope
