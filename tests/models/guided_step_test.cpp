// Guidance + sampler step in one pass against libtorch's operators in f64.
#include "models/guided_step.hpp"

#include "core/error.hpp"
#include "kernel_fixture.hpp"

namespace zoetrope {
namespace {

class GuidedStep : public KernelTest {
 protected:
  guided_step_input random_problem(at::IntArrayRef shape) const {
    return {draw(shape, 1), draw(shape, 2), draw(shape, 3), draw(shape, 4), 7.5, 0.9, -0.35, 0.25};
  }
  void expect_that_of_torch(const guided_step_input& in, const std::string& what) const {
    guided_step_input exact = in;
    for (at::Tensor* t : {&exact.sample, &exact.negative, &exact.text, &exact.noise})
      if (t->defined()) *t = t->to(at::kCPU, at::kDouble);
    const at::Tensor got = guided_step(in);
    EXPECT_EQ(got.scalar_type(), dtype_);
    expect_close(got, guided_step_reference(exact), 1, what);
  }
};

TEST_P(GuidedStep, IsGuidanceThenTheLinearMap) {
  for (const std::vector<int64_t>& shape :
       std::vector<std::vector<int64_t>>{{1}, {7}, {2, 4, 8, 12, 21}, {1, 4, 3, 5, 7}, {70001}}) {
    guided_step_input in = random_problem(shape);
    expect_that_of_torch(in, "all");
    in.noise = at::Tensor();
    expect_that_of_torch(in, "no noise");
    in.text = at::Tensor();
    expect_that_of_torch(in, "no guidance, no noise");
    in = random_problem(shape);
    in.text = at::Tensor();
    expect_that_of_torch(in, "no guidance");
  }
}

TEST_P(GuidedStep, TakesHalvesOfABatchAndAnyStrides) {
  guided_step_input in = random_problem({3, 5, 9});
  const at::Tensor both = draw({6, 5, 9}, 5);
  in.negative = both.chunk(2)[0];
  in.text = both.chunk(2)[1];
  in.sample = draw({9, 5, 3}, 6).permute({2, 1, 0});
  expect_that_of_torch(in, "halves");
}

INSTANTIATE_TEST_SUITE_P(Devices, GuidedStep, kernel_devices(), device_and_dtype);

TEST(GuidedStepOnCpu, WhatDiffersIsRefused) {
  const at::Tensor x = at::ones({2, 3});
  EXPECT_THROW(guided_step({x, at::ones({3, 2})}), error);
  EXPECT_THROW(guided_step({x, x, at::ones({2, 3}, at::kDouble)}), error);
  EXPECT_THROW(guided_step({x, x, {}, at::ones({1, 3})}), error);
  EXPECT_THROW(guided_step({{}, x}), error);
}

TEST(GuidedStepOnCpu, MetaTensorsHaveShapes) {
  const at::Tensor x = at::empty({2, 3}, at::TensorOptions(at::kMeta).dtype(at::kHalf));
  EXPECT_EQ(guided_step({x, x}).sizes(), x.sizes());
}

}  // namespace
}  // namespace zoetrope
