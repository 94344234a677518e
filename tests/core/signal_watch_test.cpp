#include "core/signal_watch.hpp"

#include <gtest/gtest.h>

namespace zoetrope {
namespace {

using second_time = signal_watch::second_time;

int seen_by_another = 0;
void note(int signal) { seen_by_another = signal; }

TEST(SignalWatch, RaisesAFlagForEachOfItsSignals) {
  signal_watch watch({SIGTERM, SIGUSR1}, second_time::does_nothing);
  EXPECT_EQ(watch.pending(), 0);
  raise(SIGUSR1);
  raise(SIGUSR1);
  EXPECT_EQ(watch.pending(), SIGUSR1);
  EXPECT_EQ(watch.pending(), SIGUSR1);
  raise(SIGTERM);
  EXPECT_EQ(watch.take(), SIGTERM);
  EXPECT_EQ(watch.take(), SIGUSR1);
  EXPECT_EQ(watch.take(), 0);
}

TEST(SignalWatch, LeavesWhatWasThereBefore) {
  const auto old = signal(SIGUSR2, note);
  {
    const signal_watch watch({SIGUSR2}, second_time::does_nothing);
    raise(SIGUSR2);
    EXPECT_EQ(watch.pending(), SIGUSR2);
    EXPECT_EQ(seen_by_another, 0);
  }
  raise(SIGUSR2);
  EXPECT_EQ(seen_by_another, SIGUSR2);
  // What came to an earlier watch is not told to a later one.
  EXPECT_EQ(signal_watch({SIGUSR2}, second_time::does_nothing).pending(), 0);
  signal(SIGUSR2, old);
}

TEST(SignalWatch, OverlappingOnesShareAFlag) {
  const signal_watch program({SIGINT, SIGTERM}, second_time::ends_program);
  {
    const signal_watch training({SIGTERM}, second_time::does_nothing);
    raise(SIGTERM);
    raise(SIGTERM);  // would end the program without the second watch
    EXPECT_EQ(training.pending(), SIGTERM);
  }
  EXPECT_EQ(program.pending(), SIGTERM);
}

TEST(SignalWatchDeathTest, ASecondOneEndsTheProgram) {
  EXPECT_EXIT(
      {
        const signal_watch watch({SIGINT, SIGTERM}, second_time::ends_program);
        raise(SIGTERM);
        raise(SIGINT);
      },
      testing::ExitedWithCode(128 + SIGINT), "");
}

TEST(SignalWatchDeathTest, ItsRuleEndsWithIt) {
  EXPECT_EXIT(
      {
        const signal_watch program({SIGTERM}, second_time::ends_program);
        { const signal_watch training({SIGTERM}, second_time::does_nothing); }
        raise(SIGTERM);
        raise(SIGTERM);
      },
      testing::ExitedWithCode(128 + SIGTERM), "");
}

}  // namespace
}  // namespace zoetrope
