#include "training/distributed/communicator.hpp"

#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include "core/error.hpp"
#include "tests/core/temporary_folder.hpp"
#include "tests/training/distributed/thread_ranks.hpp"

namespace zoetrope {
namespace {

// Whose sum depends on the order: in f32 (1 + 1e8) - 1e8 = 0, but 1 + (1e8 - 1e8) = 1.
constexpr float summands[] = {1.f, 1e8f, -1e8f, 0.25f};

TEST(Communicator, SumsInTheOrderOfTheRanks) {
  run_ranks(4, [](communicator& ranks) {
    std::vector<at::Tensor> parts;
    for (int owner = 0; owner < 4; ++owner)
      parts.push_back(at::full({owner}, summands[ranks.rank()]));  // rank 0 owns nothing
    ranks.reduce_scatter(parts);
    const at::Tensor& own = parts[static_cast<std::size_t>(ranks.rank())];
    EXPECT_TRUE(at::equal(own, at::full({ranks.rank()}, ((1.f + 1e8f) + -1e8f) + 0.25f)));
    const at::Tensor all = at::full({7}, summands[ranks.rank()]);
    ranks.all_reduce(all);
    EXPECT_TRUE(at::equal(all, at::full({7}, 0.25f)));
    const at::Tensor wide = at::full({2, 3}, static_cast<double>(summands[ranks.rank()]), at::kDouble);
    ranks.all_reduce(wide);
    EXPECT_TRUE(at::equal(wide, at::full({2, 3}, 1.25, at::kDouble)));
  });
}

TEST(Communicator, OwnersShareTheirParts) {
  run_ranks(3, [](communicator& ranks) {
    std::vector<at::Tensor> parts;
    for (int owner = 0; owner < 3; ++owner)
      parts.push_back(at::full({owner + 1}, owner == ranks.rank() ? owner + 10.f : -1.f));
    ranks.all_gather(parts);
    for (int owner = 0; owner < 3; ++owner)
      EXPECT_TRUE(at::equal(parts[static_cast<std::size_t>(owner)], at::full({owner + 1}, owner + 10.f)));
    const at::Tensor one = at::full({2, 2}, static_cast<float>(ranks.rank()));
    ranks.broadcast(one, 2);
    EXPECT_TRUE(at::equal(one, at::full({2, 2}, 2.f)));
  });
}

TEST(Communicator, NumbersAndTextsPass) {
  run_ranks(3, [](communicator& ranks) {
    const double rank = ranks.rank();
    EXPECT_EQ(ranks.gather({rank, -rank}), (std::vector<std::vector<double>>{{0, 0}, {1, -1}, {2, -2}}));
    EXPECT_EQ(ranks.greatest(rank == 1 ? 7 : -7), 7);
    EXPECT_EQ(ranks.broadcast(ranks.is_first() ? std::string("a\0b", 3) : "longer than it"),
              std::string("a\0b", 3));
    EXPECT_EQ(ranks.broadcast(std::string()), "");
    EXPECT_EQ(ranks.gather_texts(std::string(ranks.rank(), 'x')), (std::vector<std::string>{"", "x", "xx"}));
  });
}

TEST(Communicator, WhatTheFirstFindsOrThrowsIsEverybodys) {
  run_ranks(3, [](communicator& ranks) {
    int calls = 0;
    EXPECT_EQ(ranks.from_first([&] {
      ++calls;
      return std::string("found");
    }),
              "found");
    EXPECT_EQ(calls, ranks.is_first() ? 1 : 0);
    EXPECT_EQ(failure_of([&] { ranks.on_first([] { throw error(error_kind::usage, "not so"); }); }),
              "usage: not so");
    ranks.barrier();  // still in step
  });
}

TEST(Communicator, AFailureOnOneIsAFailureOnAll) {
  run_ranks(3, [](communicator& ranks) {
    const std::string told = failure_of(
        [&] { ranks.on_all([&] { ZT_CHECK(ranks.rank() != 1, bad_input, "a file is broken"); }); });
    EXPECT_TRUE(
        mentions(told, ranks.rank() == 1 ? "bad_input: a file is broken" : "bad_input: distributed: rank 1"));
    EXPECT_NO_THROW(ranks.on_all([] {}));
  });
}

// All leave together, and the rank that failed says why.
TEST(Communicator, AFailureBeforeAnInnerMeetingIsAFailureOnAll) {
  for (const int failing : {0, 1, 2})
    for (const bool inner_is_on_all : {true, false})
      run_ranks(3, [&](communicator& ranks) {
        const std::string told = failure_of([&] {
          ranks.on_all([&] {
            ZT_CHECK(ranks.rank() != failing, bad_input, "a model is broken");
            inner_is_on_all ? ranks.on_all([] {}) : ranks.on_first([] {});
          });
        });
        const bool knows =
            ranks.rank() == failing || (failing == 0 && !inner_is_on_all);  // who waited for rank 0
        EXPECT_EQ(told, knows ? "bad_input: a model is broken"
                              : concat("bad_input: distributed: rank ", failing,
                                       " failed; its own message says why"));
        EXPECT_EQ(ranks.greatest(ranks.rank()), 2);  // still in step
      });
}

TEST(Communicator, WhatAnInnerMeetingFindsWrongEndsTheOuterOne) {
  run_ranks(3, [](communicator& ranks) {
    const auto told = [&](int failing) {
      return failure_of([&] {
        ranks.on_all([&] {
          ranks.on_all([&] { ZT_CHECK(ranks.rank() != failing && failing < 3, usage, "not so"); });
        });
      });
    };
    EXPECT_EQ(told(1), ranks.rank() == 1 ? "usage: not so"
                                         : "usage: distributed: rank 1 failed; its own message says why");
    EXPECT_EQ(told(3), "usage: not so");  // on all alike
    EXPECT_EQ(ranks.greatest(ranks.rank()), 2);
  });
}

TEST(Communicator, AloneNothingChanges) {
  communicator alone;
  const at::Tensor own = at::arange(3).to(at::kFloat);
  alone.reduce_scatter({own});
  alone.all_reduce(own);
  alone.broadcast(own);
  EXPECT_TRUE(at::equal(own, at::arange(3).to(at::kFloat)));
  EXPECT_EQ(alone.gather({4})[0][0], 4);
  EXPECT_EQ(alone.broadcast("text"), "text");
  EXPECT_EQ(alone.gather_texts("text"), std::vector<std::string>{"text"});
}

TEST(Communicator, RefusesWhatItCannotAdd) {
  communicator alone;
  EXPECT_TRUE(
      mentions(failure_of([&] { alone.all_reduce(at::ones({2}, at::kHalf)); }), "wanted contiguous Float"));
  EXPECT_TRUE(mentions(failure_of([&] { alone.reduce_scatter({at::ones(2), at::ones(2)}); }), "got 2 parts"));
}

}  // namespace
}  // namespace zoetrope
