#include "training/loss_scaler.hpp"

#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include <limits>

#include "tests/core/temporary_folder.hpp"
#include "tests/training/optimizer_cases.hpp"

namespace zoetrope {
namespace {

const loss_scaler_options short_interval{.init_scale = 1024, .growth_interval = 3};

// PyTorch's rules by hand: halved after each bad step, doubled after three good ones in a row.
TEST(LossScaler, FallsAndRises) {
  loss_scaler scaler(short_interval);
  const std::pair<bool, double> steps[] = {{true, 1024}, {true, 1024}, {false, 512}, {false, 256},
                                           {true, 256},  {true, 256},  {true, 512},  {true, 512},
                                           {true, 512},  {true, 1024}};
  for (const auto& [finite, scale] : steps) {
    scaler.update(finite);
    EXPECT_EQ(scaler.scale(), scale);
  }
  EXPECT_EQ(loss_scaler().scale(), 65536);
  EXPECT_EQ(scaler.skipped_steps(), 2);
  EXPECT_FALSE(scaler.is_exhausted());
  while (scaler.scale() >= 1e-4) scaler.update(false);
  EXPECT_TRUE(scaler.is_exhausted());
}

TEST(LossScaler, NeverRisesBeyondF32) {
  loss_scaler scaler({.init_scale = 0x1p127, .growth_interval = 1});
  scaler.update(true);
  EXPECT_EQ(scaler.scale(), 0x1p127);
}

TEST(LossScaler, UnscalesAndSeesWhatIsNotFinite) {
  const loss_scaler scaler(short_interval);
  trained_parameters all{parameter("a", at::zeros({2})), parameter("b", at::zeros({1}))};
  EXPECT_TRUE(scaler.unscale(all));  // no gradients
  set_gradient(all[0], at::tensor({1024.0f, -2048.0f}));
  set_gradient(all[1], at::tensor({512.0f}));
  EXPECT_TRUE(scaler.unscale(all));
  EXPECT_TRUE(at::equal(all[0].tensor.grad(), at::tensor({1.0f, -2.0f})));
  EXPECT_EQ(all[1].tensor.grad().item<float>(), 0.5f);
  for (const float bad : {std::numeric_limits<float>::infinity(), std::numeric_limits<float>::quiet_NaN()}) {
    set_gradient(all[1], at::tensor({bad}));
    EXPECT_FALSE(scaler.unscale(all));
  }
}

TEST(LossScaler, GoesOnFromItsState) {
  loss_scaler first(short_interval), second(short_interval);
  for (const bool finite : {false, true, true}) first.update(finite);
  second.load(json::parse(first.state().dump()));
  first.update(true);
  second.update(true);
  EXPECT_EQ(second.scale(), 1024);
  EXPECT_EQ(first.state(), second.state());
  EXPECT_TRUE(mentions(failure_of([&] { second.load({{"scale", 1.0}}); }), "good_steps"));
}

TEST(LossScaler, OptionsThatMakeNoSenseAreErrors) {
  const auto failure = [](const json& tree) {
    return failure_of([&] { read_loss_scaler_options(config(tree)); });
  };
  EXPECT_TRUE(mentions(failure({{"init_scale", 0}}), "init_scale: got 0, wanted above 0"));
  EXPECT_TRUE(mentions(failure({{"min_scale", -1}}), "min_scale: got -1, wanted above 0"));
  EXPECT_TRUE(mentions(failure({{"growth_factor", 1}}), "growth_factor: got 1, wanted above 1"));
  EXPECT_TRUE(mentions(failure({{"backoff_factor", 1}}), "backoff_factor: got 1, wanted between 0 and 1"));
  EXPECT_TRUE(mentions(failure({{"growth_interval", 0}}), "growth_interval"));
}

}  // namespace
}  // namespace zoetrope
