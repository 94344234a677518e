#include "training/optimizer.hpp"

#include <ATen/Parallel.h>
#include <gtest/gtest.h>

#include <cmath>

#include "tests/core/temporary_folder.hpp"
#include "tests/training/optimizer_cases.hpp"
#include "training/optimizers/adamw_step.hpp"
#include "training/optimizers/adamw_tensors.hpp"

namespace zoetrope {
namespace {

const json options{{"type", "adamw"}, {"beta2", 0.99}, {"eps", 1e-6}, {"weight_decay", 0.1}};

void expect_near(const at::Tensor& got, const std::vector<float>& wanted) {
  const at::Tensor want = at::tensor(wanted);
  EXPECT_TRUE(at::allclose(got.detach(), want, 1e-6, 1e-7)) << got << want;
}

// torch 2.11's torch.optim.AdamW(betas=(0.9, 0.99), eps=1e-6), ten steps, one group with a decay of 0.1 and
// one without; both by our loop and by the operator that other devices take.
TEST(AdamW, IsThatOfPyTorch) {
  const trained_parameters all{parameter("p", ramp(6, 1, 0, 5, 2, 4)),
                               parameter("q", ramp(6, 1, 0, 3, -1, 2), false)};
  const auto stepped = make_optimizer(config(options), all);
  for (int t = 1; t <= 10; ++t) {
    set_gradient(all[0], ramp(6, 7, t * 5, 11, 5, 8));
    set_gradient(all[1], ramp(6, 3, t * 2, 7, 3, 4));
    stepped->step(0.01 * (t % 3 + 1));
  }
  expect_near(all[0].tensor,
              {-0.559373379f, -0.193657771f, -0.00453722663f, 0.248881921f, 0.513982296f, -0.483604193f});
  expect_near(all[1].tensor,
              {0.505847037f, 0.985002398f, 1.56142008f, 0.431921899f, 1.06124246f, 1.4877578f});
  const tensor_map state = stepped->state();
  expect_near(state.at("p/first"),
              {0.0177515391f, -0.00272936444f, 0.0395210013f, -0.063663654f, -0.0183787383f, 0.0483195558f});
  expect_near(state.at("p/second"),
              {0.012657308f, 0.0157704987f, 0.0159026068f, 0.0127398744f, 0.016195761f, 0.015080289f});
  EXPECT_EQ(state.at("q/step").item<int64_t>(), 10);
}

TEST(AdamW, OtherDevicesTakeTheSameStep) {
  const adamw_options read = read_adamw_options(config(options));
  for (const bool decays : {true, false}) {
    const trained_parameter ours = parameter("p", ramp(6, 1, 0, 5, 2, 4), decays), theirs = ours;
    const at::Tensor copy = ours.tensor.detach().clone();
    const at::Tensor first = at::zeros({6}), second = at::zeros({6});
    const auto stepped = make_optimizer(config(options), {ours});
    for (int t = 1; t <= 10; ++t) {
      set_gradient(ours, ramp(6, 7, t * 5, 11, 5, 8));
      at::Tensor other = copy;
      other.mutable_grad() = ours.tensor.grad();
      adamw_tensors tensors;
      tensors.add(other, first, second, t);
      tensors.update(read, decays, 0.02);
      stepped->step(0.02);
    }
    EXPECT_TRUE(at::allclose(ours.tensor.detach(), copy, 1e-6, 1e-7));
    EXPECT_TRUE(at::allclose(stepped->state().at("p/second"), second, 1e-6, 1e-9));
  }
}

// Algorithm 2 of the paper again, one element after the other, in f32.
struct plain_adamw {
  float p, m = 0, v = 0;
  void step(float g, double rate, int t) {
    const auto gain1 = static_cast<float>(1 - 0.9), kept2 = static_cast<float>(0.99),
               gain2 = static_cast<float>(1 - 0.99);
    m = m + gain1 * (g - m);
    v = kept2 * v + gain2 * g * g;
    const auto root = std::sqrt(v) / static_cast<float>(std::sqrt(1 - std::pow(0.99, t)));
    p = static_cast<float>(1 - rate * 0.1) * p -
        static_cast<float>(rate / (1 - std::pow(0.9, t))) * (m / (root + static_cast<float>(1e-6)));
  }
};

TEST(AdamW, TheVectorisedLoopIsTheScalarOneToTheBit) {
  constexpr int64_t count = 100'003;
  const trained_parameter ours = parameter("p", ramp(count, 7919, 1, 1009, 504, 128));
  std::vector<plain_adamw> plain(count);
  for (int64_t i = 0; i < count; ++i) plain[i].p = ours.tensor[i].item<float>();
  const auto stepped = make_optimizer(config(options), {ours});
  for (int t = 1; t <= 5; ++t) {
    const at::Tensor gradient = ramp(count, 31 * t, 7, 997, 498, 100);
    set_gradient(ours, gradient);
    stepped->step(0.003 * t);
    for (int64_t i = 0; i < count; ++i) plain[i].step(gradient.const_data_ptr<float>()[i], 0.003 * t, t);
  }
  int64_t other = 0;
  for (int64_t i = 0; i < count; ++i) other += plain[i].p != ours.tensor.const_data_ptr<float>()[i];
  EXPECT_EQ(other, 0);
}

TEST(Optimizer, ThreadsDoNotChangeABit) {
  for (const std::string& type : optimizers().names()) {
    std::vector<at::Tensor> results;
    const int threads = at::get_num_threads();
    for (const int count : {1, 3}) {
      at::set_num_threads(count);
      const trained_parameter ours = parameter("p", ramp(100'003, 7919, 1, 1009, 504, 128));
      const auto stepped = make_optimizer(config(json{{"type", type}}), {ours});
      for (int t = 1; t <= 3; ++t) {
        set_gradient(ours, ramp(100'003, 31 * t, 7, 997, 498, 100));
        stepped->step(0.01);
      }
      results.push_back(ours.tensor.detach());
    }
    at::set_num_threads(threads);
    EXPECT_TRUE(at::equal(results[0], results[1])) << type;
  }
}

// From the same start, over the same batches; an untrained student errs by about 1.
TEST(AdamW8Bit, LearnsAsAdamWDoes) {
  const double untrained = error_after("adamw", 0), whole = error_after("adamw", 400),
               quantised = error_after("adamw8bit", 400);
  RecordProperty("untrained", std::to_string(untrained));
  RecordProperty("adamw", std::to_string(whole));
  RecordProperty("adamw8bit", std::to_string(quantised));
  EXPECT_LT(whole, 0.05 * untrained);
  EXPECT_LT(quantised, 1.05 * whole);
}

TEST(AdamW8Bit, IsAdamWForSmallTensors) {
  const trained_parameter a = parameter("p", ramp(4095, 7, 1, 11, 5, 5)),
                          b = parameter("p", a.tensor.detach());
  const auto whole = make_optimizer(config(json{{"type", "adamw"}}), {a}),
             small = make_optimizer(config(json{{"type", "adamw8bit"}}), {b});
  for (int t = 1; t <= 3; ++t) {
    set_gradient(a, ramp(4095, 31 * t, 7, 97, 48, 100));
    set_gradient(b, a.tensor.grad());
    whole->step(0.01);
    small->step(0.01);
  }
  EXPECT_TRUE(at::equal(a.tensor, b.tensor));
}

// One step from zero moments sees no quantisation; the second sees moments to the precision of the map.
TEST(AdamW8Bit, ItsFirstStepIsAdamWs) {
  const trained_parameter a = parameter("p", ramp(5000, 7, 1, 11, 5, 5)),
                          b = parameter("p", a.tensor.detach());
  const auto whole = make_optimizer(config(json{{"type", "adamw"}}), {a}),
             quantised = make_optimizer(config(json{{"type", "adamw8bit"}}), {b});
  set_gradient(a, ramp(5000, 31, 7, 97, 48, 100));
  set_gradient(b, a.tensor.grad());
  whole->step(0.01);
  quantised->step(0.01);
  EXPECT_TRUE(at::equal(a.tensor, b.tensor));
  whole->step(0.01);
  quantised->step(0.01);
  EXPECT_FALSE(at::equal(a.tensor, b.tensor));
  EXPECT_LT((a.tensor - b.tensor).abs().max().item<double>(), 0.01 * 0.2);
}

TEST(Optimizer, OptionsThatMakeNoSenseAreErrors) {
  const auto failure = [](const json& tree) { return failure_of([&] { make_optimizer(config(tree), {}); }); };
  EXPECT_TRUE(mentions(failure({{"type", "adam"}}), "unknown optimizer 'adam'; did you mean 'adamw'?"));
  EXPECT_TRUE(mentions(failure({{"beta2", 1.0}}), "beta2: got 1, wanted 0 <= beta < 1"));
  EXPECT_TRUE(mentions(failure({{"eps", -1.0}}), "eps: got -1, wanted 0 or more"));
  EXPECT_TRUE(mentions(failure({{"weight_decay", -1.0}}), "weight_decay: got -1, wanted 0 or more"));
}

}  // namespace
}  // namespace zoetrope
