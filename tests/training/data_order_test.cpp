// Orders against a few lines of Python (Fisher-Yates over SplitMix64, whose first numbers were compared with
// published ones), and what every order must hold.
#include "training/data_order.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <set>
#include <thread>

#include "../core/temporary_folder.hpp"

namespace zoetrope {
namespace {

using indices = std::vector<int64_t>;

std::vector<indices> epoch_of(const data_order& order, int64_t epoch) {
  std::vector<indices> batches;
  for (int64_t i = 0; i < order.batches_per_epoch(); ++i)
    batches.push_back(order.global_batch(epoch * order.batches_per_epoch() + i));
  return batches;
}

TEST(DataOrder, IsTheSameEverywhere) {
  const data_order order(indices(10, 0), {.global_batch = 4, .seed = 7});
  EXPECT_EQ(epoch_of(order, 0), (std::vector<indices>{{5, 0, 6, 3}, {9, 7, 4, 8}, {1, 2, 9, 7}}));
  EXPECT_EQ(epoch_of(order, 1), (std::vector<indices>{{4, 9, 2, 3}, {8, 7, 0, 1}, {5, 6, 8, 7}}));
  const data_order buckets({2, 1, 2, 1, 2, 1, 1}, {.global_batch = 2, .seed = 111});
  EXPECT_EQ(epoch_of(buckets, 0), (std::vector<indices>{{0, 4}, {6, 3}, {4, 2}, {1, 5}}));
}

TEST(DataOrder, ShowsEveryExampleInEveryEpochAndMixesNoBuckets) {
  indices buckets;
  for (int64_t i = 0; i < 103; ++i) buckets.push_back(i * i % 7);
  const data_order order(buckets, {.global_batch = 6, .seed = 3});
  std::set<std::vector<indices>> orders;
  for (int64_t epoch = 0; epoch < 5; ++epoch) {
    std::map<int64_t, int> seen;
    const std::vector<indices> batches = epoch_of(order, epoch);
    for (const indices& batch : batches) {
      ASSERT_EQ(batch.size(), 6u);
      for (const int64_t index : batch) {
        ++seen[index];
        EXPECT_EQ(buckets[index], buckets[batch[0]]);
      }
    }
    EXPECT_EQ(seen.size(), buckets.size());
    orders.insert(batches);
  }
  EXPECT_EQ(orders.size(), 5u);
}

TEST(DataOrder, APositionIsAllThatResumingNeeds) {
  const data_order whole(indices(50, 0), {.global_batch = 3, .seed = 9});
  std::vector<indices> uninterrupted;
  for (int64_t position = 0; position < 60; ++position) uninterrupted.push_back(whole.global_batch(position));
  for (const int64_t position : {59, 17, 16, 34, 0}) {
    const data_order resumed(indices(50, 0), {.global_batch = 3, .seed = 9});
    EXPECT_EQ(resumed.global_batch(position), uninterrupted[position]);
  }
}

TEST(DataOrder, FillsABatchFromFewExamples) {
  const data_order order(indices(2, 0), {.global_batch = 5});
  const indices batch = order.global_batch(0);
  EXPECT_EQ(order.batches_per_epoch(), 1);
  EXPECT_EQ(std::set<int64_t>(batch.begin(), batch.end()), (std::set<int64_t>{0, 1}));
}

// Chi-square over the 120 orders of five examples; 119 degrees of freedom: one in a thousand is above 173,
// one below 76.
TEST(DataOrder, AllOrdersAreAsLikely) {
  const data_order order(indices(5, 0), {.global_batch = 5, .seed = 1});
  std::map<indices, int> counts;
  const int epochs = 12000;
  for (int64_t epoch = 0; epoch < epochs; ++epoch) ++counts[order.global_batch(epoch)];
  ASSERT_EQ(counts.size(), 120u);
  double chi_square = 0;
  for (const auto& [permutation, count] : counts) chi_square += (count - 100.0) * (count - 100.0) / 100;
  EXPECT_LT(chi_square, 173);
  EXPECT_GT(chi_square, 76);  // too even is no chance either
}

TEST(DataOrder, MayBeReadBySeveralThreads) {
  const data_order order(indices(40, 0), {.global_batch = 2, .seed = 2});
  std::vector<indices> alone, together(200);
  for (int64_t position = 0; position < 200; ++position) alone.push_back(order.global_batch(position));
  {
    std::vector<std::jthread> threads;
    for (int64_t t = 0; t < 4; ++t)
      threads.emplace_back([&, t] {
        for (int64_t position = t; position < 200; position += 4)
          together[position] = order.global_batch(position);
      });
  }
  EXPECT_EQ(together, alone);
}

TEST(DataOrder, RefusesWhatThereIsNot) {
  const auto failure = [](const data_order_options& options, std::size_t examples = 4) {
    return failure_of([&] { data_order(indices(examples, 0), options).global_batch(0); });
  };
  EXPECT_TRUE(mentions(failure({.global_batch = 4}, 0), "usage: data order: there is no example"));
  EXPECT_TRUE(mentions(failure({.global_batch = 0}), "usage: data order: a batch of 0"));
  const data_order order(indices(4, 0), {.global_batch = 4});
  EXPECT_TRUE(mentions(failure_of([&] { order.global_batch(-1); }), "usage: data order: position -1"));
}

}  // namespace
}  // namespace zoetrope
