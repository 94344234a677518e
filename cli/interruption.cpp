// See interruption.hpp.
#include "cli/interruption.hpp"

#include <signal.h>

#include "core/signal_watch.hpp"

namespace zoetrope {

namespace {

const signal_watch& stopping_signals() {
  static const signal_watch watch({SIGINT, SIGTERM}, signal_watch::second_time::ends_program);
  return watch;
}

}  // namespace

void install_signal_handlers() {
  stopping_signals();
  // A closed pipe (`zoetrope list | head`) and a limit of file sizes are failed writes, not deaths in the
  // middle of one.
  signal(SIGPIPE, SIG_IGN);
  signal(SIGXFSZ, SIG_IGN);
}

int pending_signal() { return stopping_signals().pending(); }

int exit_code_now(error_kind kind) {
  return kind == error_kind::interrupted && pending_signal() ? 128 + pending_signal() : exit_code(kind);
}

void stop_if_interrupted() {
  ZT_CHECK(pending_signal() == 0, interrupted, "stopped by signal ", pending_signal());
}

}  // namespace zoetrope
