#include "training/trainer_options.hpp"

#include <gtest/gtest.h>

#include "tests/training/toy_run.hpp"

namespace zoetrope {
namespace {

TEST(TrainerOptions, RefusesOptionsThatCannotBeMeant) {
  for (const json& wrong : std::vector<json>{{{"steps", 0}},
                                             {{"micro_batches", 5}},
                                             {{"max_grad_norm", -1}},
                                             {{"until", {{"closeness", 0}}}},  // and nothing looks
                                             {{"optimizer", {{"type", "adamw"}, {"beta1", 2}}}},
                                             {{"optimizer", {{"type", "adam"}}}}})
    EXPECT_TRUE(mentions(failure_of([&] { options_of(wrong); }), "bad_input: ")) << wrong;
}

TEST(TrainerOptions, TheLossScalersOptionsAreThoseOfF16) {
  const auto failure = [](const json& tree) {
    return failure_of([&] {
      const config options(tree);
      read_trainer_options(options);
      options.expect_all_read();
    });
  };
  EXPECT_TRUE(mentions(failure({{"precision", "f16"}, {"loss_scaler", {{"init_scale", 0}}}}),
                       "$.loss_scaler: init_scale: got 0, wanted above 0"));
  EXPECT_TRUE(mentions(failure({{"precision", "f16"}, {"loss_scaler", {{"scale", 2}}}}), "scale"));
  EXPECT_TRUE(mentions(failure({{"loss_scaler", {{"init_scale", 2}}}}), "loss_scaler"));
}

}  // namespace
}  // namespace zoetrope
