// Every backend against hand-computed values and against `dense`.
#include "attention/attention.hpp"

#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <functional>

#include "core/tensor/device.hpp"
#include "core/tensor/random.hpp"
#include "tests/attention/attention_cases.hpp"
#include "tests/core/gpu_environment.hpp"

namespace zoetrope {
namespace {

/// What a backend is asked for here, beyond plain attention of any size.
struct abilities {
  int64_t head_dims = 1;  ///< head_dim must be a multiple of it
  int64_t most_tokens = 1 << 20;
  bool masks = true, relative = true, is_softmax = true;
};
abilities abilities_of(const std::string& backend) {
  if (backend == "short") return {.head_dims = 8, .most_tokens = 64};
  if (backend == "flash") return {.head_dims = 8, .relative = false};
  if (backend == "sdpa") return {.relative = false};
  if (backend == "linear") return {.masks = false, .relative = false, .is_softmax = false};
  return {};
}

/// The parameter: backend and device. Inputs and results of the tests are on the CPU; `run` takes them there.
class EveryBackend : public testing::TestWithParam<std::tuple<std::string, std::string>> {
 protected:
  void SetUp() override {
    if (std::get<1>(GetParam()) == "cuda" && !open_cuda().kernels)
      GTEST_SKIP() << "needs a GPU: " << open_cuda().problem;
    device_ = parse_device(std::get<1>(GetParam()));
  }
  const std::string& backend() const { return std::get<0>(GetParam()); }
  at::Tensor run(attention_input input) const {
    for (at::Tensor* x :
         {&input.q, &input.k, &input.v, &input.mask, &input.relative_k, &input.relative_v,
          &input.q_rotation.cosine, &input.q_rotation.sine, &input.k_rotation.cosine, &input.k_rotation.sine})
      if (x->defined()) *x = x->to(device_);
    return attend_with(backend(), input).cpu();
  }
  at::Tensor dense(const attention_input& input) const { return attend_with("dense", input); }
  bool serves(const attention_input& input) const {
    const abilities can = abilities_of(backend());
    return input.q.size(-1) % can.head_dims == 0 &&
           std::max(input.q.size(-2), input.k.size(-2)) <= can.most_tokens &&
           (can.masks || !input.mask.defined()) &&
           (can.relative || !(input.relative_k.defined() || input.relative_v.defined()));
  }
  /// Where it serves such an input.
  void expect_agrees(const attention_input& input, double tolerance = 2e-6) const {
    if (!serves(input)) return;
    const at::Tensor got = run(input);
    EXPECT_EQ(got.sizes(), input.q.sizes());
    if (abilities_of(backend()).is_softmax) {
      EXPECT_LE(largest_difference(got, dense(input)), tolerance);
    }
  }
  attention_input normal_input(std::vector<int64_t> batch, int64_t tokens, int64_t keys, int64_t head_dim) {
    const auto rows = [&](int64_t count) {
      std::vector<int64_t> sizes = batch;
      sizes.insert(sizes.end(), {count, head_dim});
      return random_.normal(sizes);
    };
    return {rows(tokens), rows(keys), rows(keys)};
  }
  generator random_{7};
  at::Device device_ = at::kCPU;
};

std::vector<std::string> backends_of_ours() {
  std::vector<std::string> names = attention_backends().names();
  std::erase(names, "torchscript");  // a program of the user's, which has no default
  return names;
}
INSTANTIATE_TEST_SUITE_P(Registry, EveryBackend,
                         testing::Combine(testing::ValuesIn(backends_of_ours()),
                                          testing::Values("cpu", "cuda")),
                         [](const auto& info) {
                           return std::get<0>(info.param) + "_" + std::get<1>(info.param);
                         });

// One query, two keys, head_dim 16: scores 4/√16 = 1 and 0, weights e/(e+1) and 1/(e+1).
TEST_P(EveryBackend, GivesTheSoftmaxWorkedOutByHand) {
  if (!abilities_of(backend()).is_softmax) GTEST_SKIP() << "is no softmax";
  at::Tensor q = at::zeros({1, 1, 1, 16}), k = at::zeros({1, 1, 2, 16}), v = at::zeros({1, 1, 2, 16});
  q.slice(-1, 0, 2).fill_(2);
  k.slice(-1, 2, 4).fill_(5);
  k.select(2, 0).slice(-1, 0, 2).fill_(1);
  v.select(2, 0).copy_(at::arange(16));
  v.select(2, 1).fill_(-2);
  const double first = std::exp(1.0) / (std::exp(1.0) + 1.0);
  const at::Tensor got = run({q, k, v}).flatten();
  for (int i = 0; i < 16; ++i) EXPECT_NEAR(got[i].item<double>(), first * i - 2 * (1 - first), 1e-5);
}

// Hence rows of the weights sum to one.
TEST_P(EveryBackend, GivesOnesForValuesOfOne) {
  for (const int64_t keys : {1, 7, 64}) {
    attention_input input = normal_input({2, 3}, 9, keys, 16);
    input.v = at::ones_like(input.v);
    EXPECT_LE(largest_difference(run(input), at::ones_like(input.q)), 1e-6);
  }
}

TEST_P(EveryBackend, TreatsRowsOfBatchAndHeadsAlike) {
  const attention_input input = normal_input({3, 4}, 6, 10, 24);
  const at::Tensor y = run(input);
  const auto reordered = [](const at::Tensor& x) {
    return x.index_select(0, at::tensor({2, 0, 1})).index_select(1, at::tensor({1, 3, 0, 2}));
  };
  EXPECT_LE(
      largest_difference(run({reordered(input.q), reordered(input.k), reordered(input.v)}), reordered(y)),
      1e-6);
  // Keys in another order, with their values, are the same keys.
  const at::Tensor order = at::tensor({4, 1, 9, 0, 2, 8, 3, 7, 5, 6});
  EXPECT_LE(
      largest_difference(run({input.q, input.k.index_select(2, order), input.v.index_select(2, order)}), y),
      1e-6);
}

TEST_P(EveryBackend, TakesTwoDimensionsOfBatch) {
  const auto frames = [&](int64_t count) { return along_frames(random_, 2, 5, 3, count, 16); };
  attention_input input{frames(6), frames(6), frames(6)};
  expect_agrees(input);
  const at::Tensor y = run(input);
  for (int64_t i = 0; i < 2; ++i)
    EXPECT_LE(largest_difference(y[i], run({input.q[i], input.k[i], input.v[i]})), 1e-6);
  input.mask = random_scores(random_, {2, 1, 3, 6, 6});
  expect_agrees(input);
  input.mask = random_scores(random_, {2, 5, 1, 6, 6}).gt(-0.3);
  expect_agrees(input);
}

TEST_P(EveryBackend, Rotates) {
  attention_input input = normal_input({2, 3, 4}, 7, 5, 16);
  input.q_rotation = random_rotation(random_, 7, 16);
  input.k_rotation = random_rotation(random_, 5, 16);
  expect_agrees(input);
  if (!serves(input)) return;
  const at::Tensor wanted = run(rotated(input));
  EXPECT_LE(largest_difference(run(input), wanted), 2e-6);
  for (at::Tensor* x : {&input.q_rotation.cosine, &input.q_rotation.sine})
    *x = x->unsqueeze(0).expand({3, -1, -1});
  EXPECT_LE(largest_difference(run(input), wanted), 2e-6);
}

TEST_P(EveryBackend, KnowsRelativeTablesOrSaysThatItDoesNot) {
  attention_input input = normal_input({2, 3, 4}, 7, 5, 16);
  input.relative_k = random_.normal({7, 5, 16});
  input.relative_v = random_.normal({7, 5, 16});
  if (serves(input))
    expect_agrees(input, 1e-5);
  else
    EXPECT_THROW(run(input), error);
}

TEST_P(EveryBackend, HasTheGradientsOfCentralDifferences) {
  const attention_input input = in_f64(normal_input({1, 2, 1}, 4, 3, 8));
  const at::Tensor dy = random_.normal({1, 2, 1, 4, 8}).to(at::kDouble);
  expect_central_differences(
      input, dy, [&](const attention_input& x) { return run(x); }, 5, 1e-8);
}

TEST_P(EveryBackend, AgreesWithDenseOnOddSizes) {
  for (const int64_t head_dim : {1, 5, 40, 64, 160})
    for (const int64_t keys : {1, 3, 64, 77}) {
      const at::Tensor q = random_.normal({2, 3, 9, head_dim});
      expect_agrees({q, random_.normal({2, 3, keys, head_dim}), random_.normal({2, 3, keys, head_dim})});
    }
}

TEST_P(EveryBackend, AgreesWithDenseOnStridedViews) {
  const auto frames = [&] { return along_frames(random_, 1, 15, 3, 8, 8)[0]; };
  expect_agrees({frames(), frames(), frames()});
}

TEST_P(EveryBackend, TakesAScale) {
  const at::Tensor q = random_.normal({1, 2, 4, 8}), k = random_.normal({1, 2, 6, 8}),
                   v = random_.normal({1, 2, 6, 8});
  const at::Tensor uniform = run({q, k, v, /*scale=*/0.0});
  EXPECT_LE((uniform - v.mean(2, true)).abs().max().item<double>(), 1e-6);
  expect_agrees({q, k, v, 0.7});
}

TEST_P(EveryBackend, HidesWhatAMaskHides) {
  if (!abilities_of(backend()).masks) GTEST_SKIP() << "hides nothing";
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
  if (!abilities_of(backend()).masks) GTEST_SKIP() << "hides nothing";
  const at::Tensor q = random_.normal({1, 2, 3, 8}), k = random_.normal({1, 2, 4, 8});
  at::Tensor mask = at::ones({1, 1, 3, 4}, at::kBool);
  mask.select(2, 1).fill_(false);
  const at::Tensor got = run({q, k, k, {}, mask});
  EXPECT_EQ(got.select(2, 1).abs().max().item<double>(), 0.0);
  EXPECT_GT(got.select(2, 0).abs().max().item<double>(), 0.0);
}

TEST_P(EveryBackend, HasTheGradientsOfDense) {
  if (!abilities_of(backend()).is_softmax) GTEST_SKIP() << "is no softmax";
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

// What the message of those that do not serve every head_dim counsels.
TEST(AttentionBackends, TheOnesToTakeInsteadServeAnyHeadDim) {
  const attention_site site{.layout = "temporal", .head_dim = 12};
  try {
    make_attention_backend(config(json{{"type", "short"}}), site);
    FAIL() << "no error";
  } catch (const error& failure) {
    EXPECT_NE(std::string(failure.what()).find("automatic, sdpa and dense take any"), std::string::npos)
        << failure.what();
  }
  for (const char* name : {"automatic", "sdpa", "dense"}) {
    EXPECT_EQ(abilities_of(name).head_dims, 1) << name;
    EXPECT_NO_THROW(make_attention_backend(config(json{{"type", name}}), site)) << name;
  }
}

TEST_P(EveryBackend, RefusesAHeadDimThatItCannotServe) {
  if (abilities_of(backend()).head_dims == 1) GTEST_SKIP() << "serves any";
  const config options(json{{"type", backend()}});
  const attention_site site{.layout = "temporal", .head_dim = 84};
  for (const auto& attempt :
       std::vector<std::function<void()>>{[&] { make_attention_backend(options, site); },
                                          [&] {
                                            run(normal_input({1, 1}, 4, 4, 84));
                                          }})
    try {
      attempt();
      FAIL() << "no error";
    } catch (const error& failure) {
      EXPECT_NE(std::string(failure.what()).find("head_dim 84 is not a multiple of 8"), std::string::npos)
          << failure.what();
    }
}

}  // namespace
}  // namespace zoetrope
