#include "training/ema.hpp"

#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include "tests/core/temporary_folder.hpp"

namespace zoetrope {
namespace {

// What get_decay of diffusers 0.42's EMAModel gives at steps 1, 2, 3, 5, 10, 100, 100000.
TEST(MovingAverage, DecayIsThatOfDiffusers) {
  const auto expect = [](const json& options, const std::vector<double>& decays) {
    const moving_average_options read = read_moving_average_options(config(options));
    std::vector<double> got;
    for (const int64_t step : {1, 2, 3, 5, 10, 100, 100000}) got.push_back(decay_at(read, step));
    for (std::size_t i = 0; i < decays.size(); ++i) EXPECT_NEAR(got[i], decays[i], 1e-15) << options << i;
  };
  expect(json::object(),
         {0, 0.18181818181818182, 0.25, 0.35714285714285715, 0.5263157894736842, 0.9174311926605505, 0.9999});
  expect({{"decay", 0.9}, {"update_after_step", 3}}, {0, 0, 0, 0.18181818181818182, 0.4375, 0.9, 0.9});
  expect(
      {{"decay", 0.999}, {"min_decay", 0.3}, {"use_ema_warmup", true}, {"inv_gamma", 2.0}, {"power", 0.75}},
      {0, 0.3, 0.4053964424986395, 0.5613086623491692, 0.7215623351264739, 0.9472124547869015, 0.999});
}

TEST(MovingAverage, OptionsThatMakeNoSenseAreErrors) {
  const auto failure = [](const json& tree) {
    return failure_of([&] { read_moving_average_options(config(tree)); });
  };
  EXPECT_TRUE(mentions(failure({{"decay", 1.5}}), "got a decay of 1.5, wanted 0 <= decay <= 1"));
  EXPECT_TRUE(mentions(failure({{"use_ema_warmup", true}, {"inv_gamma", 0}}), "inv_gamma: got 0"));
}

trained_parameters one_parameter(double value) { return {{"a", at::full({3}, value).requires_grad_(true)}}; }

// By hand: decays 0, 2/11, 3/12. 8 -> 8;  8 + 9/11 (19 - 8) = 17;  17 + 3/4 (21 - 17) = 20.
TEST(MovingAverage, FollowsTheParameters) {
  const trained_parameters parameters = one_parameter(4);
  at::Tensor value = parameters[0].tensor.detach();
  moving_average average({}, parameters);
  const double values[] = {8, 19, 21}, wanted[] = {8, 17, 20};
  for (int i = 0; i < 3; ++i) {
    value.fill_(values[i]);
    average.update();
    EXPECT_NEAR(average.state().at("a")[1].item<double>(), wanted[i], 1e-5);
  }
}

TEST(MovingAverage, StandsInForTheParametersWhileItIsAskedTo) {
  const trained_parameters parameters = one_parameter(4);
  moving_average average({}, parameters);
  parameters[0].tensor.detach().fill_(5);
  {
    const averaged_weights averaged(average);
    EXPECT_EQ(parameters[0].tensor[0].item<double>(), 4);
    EXPECT_TRUE(parameters[0].tensor.requires_grad());
  }
  EXPECT_EQ(parameters[0].tensor[0].item<double>(), 5);
  EXPECT_EQ(average.state().at("a")[0].item<double>(), 4);
}

TEST(MovingAverage, GoesOnFromItsState) {
  const trained_parameters parameters = one_parameter(4), others = one_parameter(0);
  moving_average first({}, parameters), second({}, others);
  for (int i = 0; i < 5; ++i) {
    parameters[0].tensor.detach().add_(0.37);
    first.update();
  }
  second.load(first.state());
  others[0].tensor.detach().copy_(parameters[0].tensor.detach());
  first.update();
  second.update();
  EXPECT_TRUE(at::equal(first.state().at("a"), second.state().at("a")));
  EXPECT_EQ(second.state().at("/step").item<int64_t>(), 6);
}

TEST(MovingAverage, AStateThatDoesNotFitIsAnError) {
  moving_average average({}, one_parameter(1));
  tensor_map state = average.state();
  state["a"] = at::zeros({4});
  EXPECT_TRUE(mentions(failure_of([&] { average.load(state); }), "moving average: a is [4], wanted [3]"));
  state.erase("a");
  EXPECT_TRUE(mentions(failure_of([&] { average.load(state); }), "moving average: a is missing"));
}

}  // namespace
}  // namespace zoetrope
