// Ctrl-C and SIGTERM: the first sets a flag that long work looks at, so that it can stop with nothing
// half-written; the second ends the program at once.
#pragma once

namespace zoetrope {

void install_signal_handlers();
/// The signal that asked the program to stop, or 0.
int pending_signal();
/// error{interrupted} if a signal is pending.
void stop_if_interrupted();

}  // namespace zoetrope
