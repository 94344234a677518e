// Ctrl-C and SIGTERM: the first sets a flag that long work looks at, so that it can stop with nothing
// half-written; the second ends the program at once.
#pragma once

#include "core/error.hpp"

namespace zoetrope {

void install_signal_handlers();
/// The signal that asked the program to stop, or 0.
int pending_signal();
/// As exit_code(); 128 + the signal where one asked the program to stop.
int exit_code_now(error_kind kind);
/// error{interrupted} if a signal is pending.
void stop_if_interrupted();

}  // namespace zoetrope
