// What the world asks of a training run between two steps. SIGUSR1: save and go on (Slurm's --signal=USR1).
// SIGTERM (Slurm before its time limit, or scancel) and SIGINT: save and stop. mpirun and srun may send
// SIGTERM to a rank and to its parent, who passes it on, so that a second one does nothing; a second Ctrl-C
// ends the program at once.
#pragma once

#include <signal.h>

#include "core/signal_watch.hpp"

namespace zoetrope {

/// Listens while it lives. They may be nested: a signal that comes under one is there for those within it, too,
/// so that who holds one for a whole program loses none before, between and after its trainings.
class stop_request {
 public:
  /// The signal that asks to save and stop, or 0; stays until the end.
  int stop() const { return interrupt_.pending() ? interrupt_.pending() : terminate_.pending(); }
  /// Whether save() would say so.
  bool pending() const { return user_.pending() != 0 || stop() != 0; }
  /// Whether a save was asked for since the last call, or a stop.
  bool save() { return user_.take() != 0 || stop() != 0; }

 private:
  using second_time = signal_watch::second_time;
  signal_watch interrupt_{{SIGINT}, second_time::ends_program};
  signal_watch terminate_{{SIGTERM}, second_time::does_nothing};
  signal_watch user_{{SIGUSR1}, second_time::does_nothing};
};

}  // namespace zoetrope
