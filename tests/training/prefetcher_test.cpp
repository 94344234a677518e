// Order, bounds, errors and ends of things that are made ahead.
#include "training/prefetcher.hpp"

#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <memory>

#include "../core/temporary_folder.hpp"

namespace zoetrope {
namespace {

TEST(Prefetcher, HandsOutInOrderWhateverTheThreads) {
  for (const int64_t workers : {0, 1, 4}) {
    prefetcher<int64_t> squares(
        [](int64_t i) {
          // Later ones are done sooner.
          std::this_thread::sleep_for(std::chrono::microseconds(i % 4 == 0 ? 500 : 0));
          return i * i;
        },
        {.first = 3, .workers = workers, .ahead = 5});
    for (int64_t i = 3; i < 100; ++i) {
      EXPECT_EQ(squares.position(), i);
      ASSERT_EQ(squares.next(), i * i);
    }
  }
}

TEST(Prefetcher, KeepsNoMoreThanItMay) {
  std::atomic<int64_t> made = 0, most = 0;
  int64_t taken = 0;
  prefetcher<std::unique_ptr<int>> items(
      [&](int64_t i) {
        const int64_t now = ++made;
        for (int64_t before = most; now > before && !most.compare_exchange_weak(before, now);) {
        }
        return std::make_unique<int>(static_cast<int>(i));
      },
      {.end = 200, .workers = 4, .ahead = 3});
  for (; taken < 200; ++taken) {
    ASSERT_EQ(*items.next(), taken);
    // The one that next() has just handed out makes room for one.
    ASSERT_LE(made.load(), taken + 1 + 3);
  }
  EXPECT_EQ(made.load(), 200);
}

TEST(Prefetcher, ErrorsArriveWhereTheItemWouldHave) {
  for (const int64_t workers : {0, 3}) {
    prefetcher<int64_t> items(
        [](int64_t i) {
          ZT_CHECK(i % 5 != 2, bad_input, "item ", i, " is bad");
          return i;
        },
        {.end = 20, .workers = workers});
    for (int64_t i = 0; i < 20; ++i) {
      if (i % 5 == 2)
        EXPECT_EQ(failure_of([&] { items.next(); }), concat("bad_input: item ", i, " is bad"));
      else
        EXPECT_EQ(items.next(), i);
    }
    EXPECT_TRUE(mentions(failure_of([&] { items.next(); }), "usage: prefetching: there is no item 20"));
  }
}

TEST(Prefetcher, EndsWhileItemsAreBeingMade) {
  std::atomic<int> begun = 0, ended = 0;
  for (int round = 0; round < 50; ++round) {
    prefetcher<int64_t> items(
        [&](int64_t i) {
          ++begun;
          std::this_thread::sleep_for(std::chrono::microseconds(200));
          ++ended;
          return i;
        },
        {.workers = 3, .ahead = 8});
    for (int i = 0; i < round % 4; ++i) items.next();
  }
  EXPECT_EQ(begun.load(), ended.load());
}

TEST(Prefetcher, RefusesOptionsWithoutSense) {
  const auto failure = [](const prefetch_options& options) {
    return failure_of([&] { prefetcher<int>([](int64_t) { return 0; }, options); });
  };
  EXPECT_TRUE(mentions(failure({.workers = -1}), "usage: prefetching: -1 workers"));
  EXPECT_TRUE(mentions(failure({.ahead = 0}), "0 items ahead"));
}

}  // namespace
}  // namespace zoetrope
