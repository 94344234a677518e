// Every backend against hand-computed values and against `dense`.
#include "attention/attention.hpp"

#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include <cmath>

#include "core/tensor/random.hpp"

namespace zoetrope {
namespace {

class EveryBackend : public testing::TestWithParam<std::string> {
 protected:
  static at::Tensor run_by(const std::string& name, const attention_input& input) {
    return make_attention_backend(config(json{{"type", name}}))->forward(input);
  }
  at::Tensor run(const attention_input& input) const { return run_by(GetParam(), input); }
  at::Tensor dense(const attention_input& input) const { return run_by("dense", input); }
  void expect_agrees(const attention_input& input, double tolerance = 2e-6) const {
    EXPECT_LE((run(input) - dense(input)).abs().max().item<double>(), tolerance);
  }
  generator random_{7};
};

INSTANTIATE_TEST_SUITE_P(Registry, EveryBackend, testing::ValuesIn(attention_backends().names()));

// One query, two keys, head_dim 4: scores 2/√4 = 1 and 0, weights e/(e+1) and 1/(e+1).
TEST_P(EveryBackend, GivesTheSoftmaxWorkedOutByHand) {
  const at::Tensor q = at::tensor({1.f, 1.f, 0.f, 0.f}).view({1, 1, 1, 4});
  const at::Tensor k = at::tensor({1.f, 1.f, 5.f, 5.f, 0.f, 0.f, 3.f, 3.f}).view({1, 1, 2, 4});
  const at::Tensor v = at::tensor({1.f, 0.f, 0.f, 2.f, 0.f, 1.f, 0.f, -2.f}).view({1, 1, 2, 4});
  const double first = std::exp(1.0) / (std::exp(1.0) + 1.0);
  const at::Tensor got = run({q, k, v}).flatten();
  EXPECT_NEAR(got[0].item<double>(), first, 1e-6);
  EXPECT_NEAR(got[1].item<double>(), 1 - first, 1e-6);
  EXPECT_NEAR(got[2].item<double>(), 0.0, 1e-6);
  EXPECT_NEAR(got[3].item<double>(), 2 * first - 2 * (1 - first), 1e-6);
}

TEST_P(EveryBackend, AgreesWithDenseOnOddSizes) {
  for (const int64_t head_dim : {1, 5, 40, 64})
    for (const int64_t keys : {1, 3, 77}) {
      const at::Tensor q = random_.normal({2, 3, 9, head_dim});
      expect_agrees({q, random_.normal({2, 3, keys, head_dim}), random_.normal({2, 3, keys, head_dim})});
    }
}

TEST_P(EveryBackend, AgreesWithDenseOnStridedViews) {
  // b f pixels (heads d) -> pixels heads f d: how temporal attention hands its tokens over
  const auto along_frames = [&] {
    return random_.normal({8, 15, 24}).transpose(0, 1).unflatten(-1, {3, 8}).transpose(1, 2);
  };
  expect_agrees({along_frames(), along_frames(), along_frames()});
}

TEST_P(EveryBackend, TakesAScale) {
  const at::Tensor q = random_.normal({1, 2, 4, 8}), k = random_.normal({1, 2, 6, 8}),
                   v = random_.normal({1, 2, 6, 8});
  const at::Tensor uniform = run({q, k, v, /*scale=*/0.0});
  EXPECT_LE((uniform - v.mean(2, true)).abs().max().item<double>(), 1e-6);
  expect_agrees({q, k, v, 0.7});
}

TEST_P(EveryBackend, HidesWhatAMaskHides) {
  const at::Tensor q = random_.normal({2, 2, 5, 8}), k = random_.normal({2, 2, 6, 8}),
                   v = random_.normal({2, 2, 6, 8});
  at::Tensor mask = at::ones({1, 1, 5, 6}, at::kBool);
  mask.select(3, 2).fill_(false);
  at::Tensor changed = v.clone();
  changed.select(2, 2).fill_(1e4);
  EXPECT_TRUE(at::equal(run({q, k, v, {}, mask}), run({q, k, changed, {}, mask})));
  expect_agrees({q, k, v, {}, mask});
  expect_agrees({q, k, v, {}, random_.normal({2, 1, 5, 6})});
}

TEST_P(EveryBackend, GivesZerosToATokenThatSeesNoKey) {
  const at::Tensor q = random_.normal({1, 2, 3, 8}), k = random_.normal({1, 2, 4, 8});
  at::Tensor mask = at::ones({1, 1, 3, 4}, at::kBool);
  mask.select(2, 1).fill_(false);
  const at::Tensor got = run({q, k, k, {}, mask});
  EXPECT_EQ(got.select(2, 1).abs().max().item<double>(), 0.0);
  EXPECT_GT(got.select(2, 0).abs().max().item<double>(), 0.0);
}

TEST_P(EveryBackend, HasTheGradientsOfDense) {
  const auto leaf = [&](std::vector<int64_t> shape) { return random_.normal(shape).set_requires_grad(true); };
  const at::Tensor q = leaf({1, 2, 5, 8}), k = leaf({1, 2, 7, 8}), v = leaf({1, 2, 7, 8});
  const at::Tensor seed = random_.normal({1, 2, 5, 8});
  const auto gradients = [&](const at::Tensor& out) {
    std::vector<at::Tensor> all;
    out.mul(seed).sum().backward();
    for (const at::Tensor& x : {q, k, v}) {
      all.push_back(x.grad().clone());
      x.mutable_grad() = at::Tensor();
    }
    return all;
  };
  const auto want = gradients(dense({q, k, v})), got = gradients(run({q, k, v}));
  for (std::size_t i = 0; i < want.size(); ++i)
    EXPECT_LE((want[i] - got[i]).abs().max().item<double>(), 1e-5) << i;
}

TEST_P(EveryBackend, NamesTheShapesThatDoNotFit) {
  const at::Tensor q = at::zeros({1, 2, 3, 8});
  try {
    run({q, at::zeros({1, 2, 3, 4}), at::zeros({1, 2, 3, 4})});
    FAIL() << "no error";
  } catch (const error& failure) {
    EXPECT_NE(std::string(failure.what()).find("[1, 2, 3, 4]"), std::string::npos) << failure.what();
  }
  EXPECT_THROW(run({q, q, at::zeros({1, 2, 4, 8})}), error);
  EXPECT_THROW(run({q[0], q[0], q[0]}), error);
}

TEST(AttentionBackends, UnknownNameListsTheKnownOnes) {
  try {
    attention_backends().find("dens");
    FAIL() << "no error";
  } catch (const error& failure) {
    EXPECT_NE(std::string(failure.what()).find("'dense'"), std::string::npos) << failure.what();
    EXPECT_NE(std::string(failure.what()).find("sdpa"), std::string::npos) << failure.what();
  }
}

}  // namespace
}  // namespace zoetrope
