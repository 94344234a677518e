// Signals as flags that long work looks at between its steps. One handler serves all: the program's Ctrl-C
// and a training run's SIGUSR1 do not know of each other, and none undoes what the other has installed.
#pragma once

#include <signal.h>

#include <vector>

namespace zoetrope {

/// While it lives, these signals raise a flag and do nothing else. Watches may overlap, also over the same
/// signals, which then have the rule of the later watch and one flag; the later watch ends first, and leaves
/// handlers, rules and the earlier one's flags as it found them.
class signal_watch {
 public:
  /// What a signal does that comes while one of that rule is pending.
  enum class second_time {
    ends_program,  ///< at once, with exit code 128 + signal: for users who will not wait
    does_nothing   ///< for systems that send a signal to a program and to its parents, who pass it on
  };
  signal_watch(const std::vector<int>& signals, second_time rule);
  ~signal_watch();
  signal_watch(const signal_watch&) = delete;
  signal_watch& operator=(const signal_watch&) = delete;

  /// The first in the list of its signals that has come, or 0.
  int pending() const;
  /// The same, and lowers that flag.
  int take();

 private:
  struct watched {
    int signal;
    struct sigaction action;  ///< before
    bool ended_program;       ///< before
  };
  std::vector<watched> watched_;
};

}  // namespace zoetrope
