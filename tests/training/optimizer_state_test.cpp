// What every optimizer promises about its state.
#include <gtest/gtest.h>

#include "tests/core/temporary_folder.hpp"
#include "tests/training/optimizer_cases.hpp"

namespace zoetrope {
namespace {

class every_optimizer : public ::testing::TestWithParam<std::string> {
 protected:
  std::unique_ptr<optimizer> made(const trained_parameters& parameters) const {
    return make_optimizer(config(json{{"type", GetParam()}}), parameters);
  }
  static trained_parameters fresh() {
    return {parameter("large", ramp(5000, 7919, 1, 1009, 504, 500).view({50, 100})),
            parameter("small", ramp(10, 7, 1, 11, 5, 5))};
  }
  static void set_gradients(const trained_parameters& parameters, int t) {
    for (const trained_parameter& each : parameters)
      set_gradient(each, ramp(each.tensor.numel(), 31 * t, 7, 997, 498, 100).view(each.tensor.sizes()));
  }
};

INSTANTIATE_TEST_SUITE_P(Optimizers, every_optimizer, ::testing::ValuesIn(optimizers().names()),
                         [](const auto& info) { return info.param; });

TEST_P(every_optimizer, GoesOnFromItsStateToTheBit) {
  const trained_parameters uninterrupted = fresh(), before = fresh();
  const auto whole = made(uninterrupted), first = made(before);
  for (int t = 1; t <= 6; ++t) {
    set_gradients(uninterrupted, t);
    whole->step(0.01);
  }
  for (int t = 1; t <= 3; ++t) {
    set_gradients(before, t);
    first->step(0.01);
  }
  const temporary_folder folder;
  save_tensors(folder / "optimizer.safetensors", first->state());
  const trained_parameters after{parameter("large", before[0].tensor.detach()),
                                 parameter("small", before[1].tensor.detach())};
  const auto second = made(after);
  second->load(load_tensors(folder / "optimizer.safetensors"));
  for (int t = 4; t <= 6; ++t) {
    set_gradients(after, t);
    second->step(0.01);
  }
  for (int i = 0; i < 2; ++i) EXPECT_TRUE(at::equal(uninterrupted[i].tensor, after[i].tensor));
  for (const auto& [name, tensor] : whole->state())
    EXPECT_TRUE(at::equal(tensor, second->state().at(name))) << name;
}

TEST_P(every_optimizer, RanksThatOwnAPartEachAreOneOptimizer) {
  const trained_parameters together = fresh(), apart = fresh();
  const auto whole = made(together), rank0 = made({apart[0]}), rank1 = made({apart[1]});
  for (int t = 1; t <= 3; ++t) {
    set_gradients(together, t);
    set_gradients(apart, t);
    whole->step(0.01);
    rank0->step(0.01);
    rank1->step(0.01);
  }
  tensor_map joined = rank0->state();
  joined.merge(rank1->state());
  const tensor_map state = whole->state();
  EXPECT_EQ(joined.size(), state.size());
  for (const auto& [name, tensor] : state) EXPECT_TRUE(at::equal(tensor, joined.at(name))) << name;
  rank1->load(state);  // takes its own
  made(fresh())->load(joined);
}

TEST_P(every_optimizer, AParameterWithoutAGradientStays) {
  const trained_parameters parameters = fresh();
  const auto stepped = made(parameters);
  set_gradients(parameters, 1);
  set_gradient(parameters[1], at::Tensor());
  const at::Tensor before = parameters[1].tensor.detach().clone();
  stepped->step(0.01);
  EXPECT_TRUE(at::equal(parameters[1].tensor, before));
  EXPECT_EQ(stepped->state().at("small/step").item<int64_t>(), 0);
  EXPECT_EQ(stepped->state().at("large/step").item<int64_t>(), 1);
}

TEST_P(every_optimizer, AGraphOfBeforeTheStepCannotBeRunBackward) {
  const trained_parameters parameters = fresh();
  const auto stepped = made(parameters);
  const at::Tensor loss = parameters[0].tensor.square().sum();
  set_gradients(parameters, 1);
  stepped->step(0.01);
  EXPECT_THROW(loss.backward(), c10::Error);
}

TEST_P(every_optimizer, AStateThatDoesNotFitChangesNothing) {
  const trained_parameters parameters = fresh();
  const auto stepped = made(parameters);
  tensor_map other = made(fresh())->state();
  other["large/step"] = at::scalar_tensor(5, at::kLong);
  other["small/second"] = at::zeros({11});
  EXPECT_TRUE(mentions(failure_of([&] { stepped->load(other); }),
                       "bad_input: optimizer state: small/second is Float [11], wanted Float [10]"));
  EXPECT_EQ(stepped->state().at("large/step").item<int64_t>(), 0);
  other.erase("small/second");
  EXPECT_TRUE(mentions(failure_of([&] { stepped->load(other); }), "small/second is missing"));
}

TEST_P(every_optimizer, ParametersItCannotStepAreErrors) {
  EXPECT_TRUE(mentions(failure_of([&] {
                         made({parameter("a", at::zeros({2})), parameter("a", at::zeros({2}))});
                       }),
                       "usage: optimizer: two parameters are named a"));
  EXPECT_TRUE(mentions(failure_of([&] { made({parameter("a", at::zeros({2}, at::kHalf))}); }), "a is Half"));
}

}  // namespace
}  // namespace zoetrope
