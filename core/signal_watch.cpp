// See signal_watch.hpp.
#include "core/signal_watch.hpp"

#include <unistd.h>

namespace zoetrope {
namespace {

volatile sig_atomic_t raised[NSIG], ends_program[NSIG];

extern "C" void raise_flag(int signal) {
  if (ends_program[signal])
    for (int other = 1; other < NSIG; ++other)
      if (raised[other] && ends_program[other]) _exit(128 + signal);
  raised[signal] = 1;
}

}  // namespace

signal_watch::signal_watch(const std::vector<int>& signals, second_time rule) {
  struct sigaction action {};
  action.sa_handler = raise_flag;
  sigemptyset(&action.sa_mask);
  action.sa_flags = SA_RESTART;
  for (const int signal : signals) {
    watched_.push_back({signal, {}, ends_program[signal] != 0});
    ends_program[signal] = rule == second_time::ends_program;
    sigaction(signal, &action, &watched_.back().action);
  }
}

signal_watch::~signal_watch() {
  for (auto each = watched_.rbegin(); each != watched_.rend(); ++each) {
    sigaction(each->signal, &each->action, nullptr);
    ends_program[each->signal] = each->ended_program;
    if (each->action.sa_handler != raise_flag) raised[each->signal] = 0;
  }
}

int signal_watch::pending() const {
  for (const watched& each : watched_)
    if (raised[each.signal]) return each.signal;
  return 0;
}

int signal_watch::take() {
  const int signal = pending();
  if (signal) raised[signal] = 0;
  return signal;
}

}  // namespace zoetrope
