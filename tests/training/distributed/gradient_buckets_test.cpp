#include "training/distributed/gradient_buckets.hpp"

#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include "core/error.hpp"
#include "tests/training/distributed/thread_ranks.hpp"
#include "tests/training/toy_task.hpp"
#include "training/data_parallel.hpp"
#include "training/distributed/parameter_owners.hpp"

namespace zoetrope {
namespace {

TEST(ParameterOwners, ShareTheElementsAsEvenlyAsGreedCan) {
  // 9 | 7 | then 6 to the 7 (13), 5 to the 9 (14), 4 to the 13 (17), 1 to the 14 (15)
  EXPECT_EQ(parameter_owners({6, 9, 1, 7, 4, 5}, 2), (std::vector<int>{1, 0, 0, 1, 1, 0}));
  EXPECT_EQ(parameter_owners({3, 3, 3}, 4), (std::vector<int>{0, 1, 2}));
  EXPECT_EQ(parameter_owners({3, 8}, 1), (std::vector<int>{0, 0}));
}

trained_parameters four_parameters() {
  trained_parameters made;
  for (const int64_t elements : {3, 10, 1, 6})
    made.push_back({concat("p", elements), at::full({elements}, 0.5f).set_requires_grad(true)});
  return made;
}

// Buckets of 40 bytes are of 10 elements: from the back {6, 1}, {10}, {3}.
TEST(GradientBuckets, SumEachGradientAtItsOwner) {
  run_ranks(2, [](communicator& ranks) {
    const trained_parameters parameters = four_parameters();
    const std::vector<int> owners{0, 1, 1, 0};
    gradient_buckets buckets(parameters, owners, ranks, 40);
    EXPECT_EQ(buckets.size(), 3u);
    for (int step = 0; step < 3; ++step) {
      buckets.begin();
      EXPECT_EQ(buckets.size(), step == 0 ? 3u : 2u);  // then as they came on rank 0: {1, 3, 6}, {10}
      for (const std::size_t index :
           ranks.is_first() ? std::vector<std::size_t>{2, 0, 3, 1} : std::vector<std::size_t>{1, 0, 3, 2}) {
        parameters[index].tensor.mutable_grad().add_(static_cast<double>(index) + 10 * ranks.rank() + step);
        buckets.ready(index);
      }
      buckets.finish();
      for (std::size_t index = 0; index < parameters.size(); ++index)
        if (owners[index] == ranks.rank()) {
          const auto wanted = static_cast<float>(2 * index + 10 + 2 * static_cast<std::size_t>(step));
          EXPECT_TRUE(
              at::equal(parameters[index].tensor.grad(), at::full_like(parameters[index].tensor, wanted)));
        }
    }
  });
}

TEST(GradientBuckets, HandOnTheOwnersValues) {
  run_ranks(3, [](communicator& ranks) {
    const trained_parameters parameters = four_parameters();
    const std::vector<int> owners{2, 0, 1, 0};
    gradient_buckets buckets(parameters, owners, ranks, 1 << 20);
    buckets.begin();
    for (std::size_t index = 0; index < parameters.size(); ++index) {
      buckets.ready(index);
      parameters[index].tensor.detach().fill_(static_cast<double>(10 * ranks.rank()) +
                                              static_cast<double>(index));
    }
    buckets.finish();
    buckets.share_values();
    for (std::size_t index = 0; index < parameters.size(); ++index)
      EXPECT_EQ(parameters[index].tensor.detach().min().item<float>(),
                10.f * static_cast<float>(owners[index]) + static_cast<float>(index));
  });
}

// The backward pass is still to give the first parameter when the last one's sum is taken.
// Rank 0's word is enough.
TEST(DataParallel, ABatchThatIsTooSmallForTheRanksIsSaidByAllAlike) {
  run_ranks(2, [](communicator& ranks) {
    toy_task task;
    data_parallel parallel(task, ranks, 1 << 20);
    worker_pool workers(1, 1);
    EXPECT_THROW(parallel.gradients(0, 1, 1, 1.0, workers), shared_error);
  });
}

TEST(GradientBuckets, AreSentBeforeAllGradientsAreThere) {
  run_ranks(2, [](communicator& ranks) {
    const trained_parameters parameters = four_parameters();
    gradient_buckets buckets(parameters, {0, 0, 0, 0}, ranks, 40);
    buckets.begin();
    parameters[3].tensor.mutable_grad().fill_(1);
    parameters[2].tensor.mutable_grad().fill_(1);
    buckets.ready(3);
    buckets.ready(2);
    if (ranks.is_first()) {
      const auto give_up = std::chrono::steady_clock::now() + std::chrono::seconds(60);
      while (parameters[3].tensor.grad()[0].item<float>() != 2 && std::chrono::steady_clock::now() < give_up)
        std::this_thread::sleep_for(std::chrono::milliseconds(1));
      EXPECT_EQ(parameters[3].tensor.grad()[0].item<float>(), 2);
    }
    buckets.ready(1);
    buckets.ready(0);
    buckets.finish();
  });
}

}  // namespace
}  // namespace zoetrope
