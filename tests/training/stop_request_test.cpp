#include "training/stop_request.hpp"

#include <gtest/gtest.h>

namespace zoetrope {
namespace {

TEST(StopRequest, Usr1AsksForOneSave) {
  stop_request request;
  EXPECT_FALSE(request.save());
  raise(SIGUSR1);
  EXPECT_TRUE(request.save());
  EXPECT_FALSE(request.save());
  EXPECT_EQ(request.stop(), 0);
}

TEST(StopRequest, TermAsksToSaveAndStopHoweverOftenItComes) {
  stop_request request;
  raise(SIGTERM);
  raise(SIGTERM);
  EXPECT_EQ(request.stop(), SIGTERM);
  EXPECT_TRUE(request.save());
  EXPECT_TRUE(request.save());
}

TEST(StopRequest, InterruptAsksToStopToo) {
  stop_request request;
  raise(SIGINT);
  EXPECT_EQ(request.stop(), SIGINT);
}

TEST(StopRequest, NothingIsLeftForTheNextRun) {
  {
    stop_request request;
    raise(SIGTERM);
    raise(SIGUSR1);
  }
  stop_request next;
  EXPECT_EQ(next.stop(), 0);
  EXPECT_FALSE(next.save());
}

// As a program holds one around its trainings.
TEST(StopRequest, WhatCameUnderAnOuterOneIsThereForTheInnerOnes) {
  stop_request outer;
  raise(SIGUSR1);
  raise(SIGTERM);
  {
    stop_request inner;
    EXPECT_TRUE(inner.pending());
    EXPECT_EQ(inner.stop(), SIGTERM);
  }
  EXPECT_TRUE(outer.pending());
  EXPECT_TRUE(outer.save());
  EXPECT_EQ(outer.stop(), SIGTERM);
}

TEST(StopRequestDeathTest, ASecondInterruptEndsTheProgram) {
  EXPECT_EXIT(
      {
        stop_request request;
        raise(SIGINT);
        raise(SIGINT);
      },
      testing::ExitedWithCode(130), "");
}

}  // namespace
}  // namespace zoetrope
