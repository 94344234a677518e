#include "training/distributed/peer_watch.hpp"

#include <gtest/gtest.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

namespace zoetrope {
namespace {

TEST(PeerWatch, SeesTheEndOfAProcessHereAndNowhereElse) {
  const peer_watch::address own = peer_watch::own_address();
  const pid_t child = ::fork();
  if (child == 0) {
    ::pause();
    ::_exit(0);
  }
  const peer_watch watch({own, {own.machine, child}, {own.machine + 1, child}});
  for (const int rank : {0, 1, 2}) EXPECT_FALSE(watch.ended(rank));
  ::kill(child, SIGKILL);
  siginfo_t how;
  ::waitid(P_PID, static_cast<id_t>(child), &how, WEXITED | WNOWAIT);  // it is dead, and not yet buried
  EXPECT_TRUE(watch.ended(1));
  ::waitpid(child, nullptr, 0);
  EXPECT_TRUE(watch.ended(1));
  EXPECT_FALSE(watch.ended(0));
  EXPECT_FALSE(watch.ended(2));
}

}  // namespace
}  // namespace zoetrope
