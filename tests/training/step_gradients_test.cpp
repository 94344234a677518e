#include "training/step_gradients.hpp"

#include <gtest/gtest.h>

#include <set>

#include "core/error.hpp"
#include "tests/training/toy_task.hpp"

namespace zoetrope {
namespace {

// Four rows, w = b = 0.5: errors 0.5 (r + 1) + 0.5 - 3 r = 1, -1.5, -4, -6.5; loss (1 + 2.25 + 16 + 42.25) /
// 4; d/dw = mean 2 e (r + 1) = (2 - 6 - 24 - 52) / 4, d/db = mean 2 e = (2 - 3 - 8 - 13) / 4.
TEST(StepGradients, AreThoseOfTheWholeBatchHoweverItIsCut) {
  for (const int workers : {1, 2, 3})
    for (const int64_t micro_batches : {1, 2, 3, 4}) {
      const toy_task task;
      worker_pool pool(workers, 1);
      const gradient_sum sum = accumulate_gradients(task, {0, 0, 4, 4}, micro_batches, 1.0, pool);
      EXPECT_DOUBLE_EQ(sum.loss, 15.375);
      EXPECT_EQ(sum.terms.at("rows"), 4);
      EXPECT_EQ(task.parameters()[0].tensor.grad().item<double>(), -20);
      EXPECT_EQ(task.parameters()[1].tensor.grad().item<double>(), -5.5);
    }
}

TEST(StepGradients, OfAShareAreItsPartOfTheSum) {
  const toy_task task;
  worker_pool pool(1, 1);
  EXPECT_DOUBLE_EQ(accumulate_gradients(task, {0, 2, 2, 4}, 1, 1.0, pool).loss, (16 + 42.25) / 4);
  EXPECT_EQ(task.parameters()[0].tensor.grad().item<double>(), -19);
}

TEST(StepGradients, AreScaledAndStartAfreshAtEveryStep) {
  const toy_task task;
  worker_pool pool(1, 1);
  for (int again = 0; again < 2; ++again) {
    EXPECT_DOUBLE_EQ(accumulate_gradients(task, {0, 0, 4, 4}, 2, 8.0, pool).loss, 15.375);
    EXPECT_EQ(task.parameters()[0].tensor.grad().item<double>(), -160);
  }
}

TEST(StepGradients, OfAParameterWithoutAPartAreZero) {
  const toy_task task;
  worker_pool pool(1, 1);
  accumulate_gradients(task, {0, 0, 4, 4}, 2, 1.0, pool);
  EXPECT_EQ(task.parameters()[2].tensor.grad().item<double>(), 0);
}

// Autograd hands both summands the same tensor.
class two_summands : public training_task {
 public:
  two_summands() {
    for (const char* name : {"a", "b"}) parameters_.push_back({name, at::ones({2}).set_requires_grad(true)});
  }
  const trained_parameters& parameters() const override { return parameters_; }
  share_loss loss(const batch_share&) const override {
    return {(parameters_[0].tensor + parameters_[1].tensor).square().sum(), {}};
  }
  void save(const std::filesystem::path&) override {}

 private:
  trained_parameters parameters_;
};

TEST(StepGradients, OfTwoParametersNeverShareMemory) {
  const two_summands task;
  worker_pool pool(1, 1);
  accumulate_gradients(task, {0, 0, 1, 1}, 1, 1.0, pool);
  task.parameters()[0].tensor.mutable_grad().mul_(0.5);
  EXPECT_TRUE(at::equal(task.parameters()[1].tensor.grad(), at::full({2}, 4.f)));
}

TEST(StepGradients, AreAnnouncedOnceWhenTheyAreComplete) {
  for (const int workers : {1, 2}) {
    const toy_task task;
    const trained_parameters& parameters = task.parameters();
    for (const trained_parameter& each : parameters) each.tensor.mutable_grad() = at::ones({1});
    worker_pool pool(workers, 1);
    std::vector<std::size_t> told;
    std::vector<double> then;
    accumulate_gradients(task, {0, 0, 4, 4}, 2, 1.0, pool, [&](std::size_t index) {
      told.push_back(index);
      then.push_back(parameters[index].tensor.grad().item<double>());
      // b's comes first in the backward pass, when w's lacks the second micro-batch.
      if (workers == 1 && told.size() == 1) {
        EXPECT_EQ(index, 1u);
        EXPECT_EQ(parameters[0].tensor.grad().item<double>(), 1 - 1);  // 1 + (2 - 6) / 4
      }
    });
    ASSERT_EQ(told.size(), 3u);
    const std::vector<double> wanted{1 - 20, 1 - 5.5, 1};
    for (std::size_t i = 0; i < 3; ++i) EXPECT_EQ(then[i], wanted[told[i]]);
    EXPECT_EQ(std::set<std::size_t>(told.begin(), told.end()).size(), 3u);
  }
}

class failing : public toy_task {
 public:
  share_loss loss(const batch_share& share) const override {
    ZT_CHECK(share.first < 2, runtime, "row ", share.first);
    return toy_task::loss(share);
  }
};

TEST(StepGradients, AnErrorOfAWorkerArrives) {
  const failing task;
  worker_pool pool(2, 1);
  EXPECT_THROW(accumulate_gradients(task, {0, 0, 4, 4}, 4, 1.0, pool), error);
  EXPECT_THROW(accumulate_gradients(task, {0, 0, 4, 4}, 4, 1.0, pool), error);  // the pool still works
}

}  // namespace
}  // namespace zoetrope
