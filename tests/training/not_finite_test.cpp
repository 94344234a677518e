// Trainings that end with what is not finite.
#include "training/not_finite.hpp"

#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include "tests/training/toy_run.hpp"
#include "training/diffusion_task.hpp"

namespace zoetrope {
namespace {

// Twelve steps of which none can be taken, and one gradient that no scale mends.
TEST(NotFinite, F16WithoutAFiniteGradientIsAnError) {
  const temporary_folder all_skipped, stopped;
  toy_task task;
  const json huge = {{"init_scale", 3e38}, {"backoff_factor", 0.99}};
  const std::string all = failure_of([&] {
    train(task, options_of({{"precision", "f16"}, {"loss_scaler", huge}}), run_in(all_skipped));
  });
  EXPECT_TRUE(mentions(all, "numerical: training: 12 of 12 steps were skipped"));
  EXPECT_EQ(task.w().item<float>(), 0.5f);
  EXPECT_TRUE(std::filesystem::exists(all_skipped / "checkpoints/step-00000012"));

  toy_task broken;
  broken.bad_gradient_from = 2;
  const std::string one = failure_of([&] {
    train(broken, options_of({{"precision", "f16"}, {"steps", 90}}), run_in(stopped));
  });
  EXPECT_TRUE(
      mentions(one, "the gradient of w at step 32 holds a NaN or infinity, with the loss scaled by "));
}

TEST(NotFinite, ANanStopsWithItsStep) {
  const temporary_folder folder;
  toy_task task;
  task.nan_at = 8;
  EXPECT_TRUE(mentions(failure_of([&] { train(task, options_of(), run_in(folder)); }),
                       "numerical: training: the loss of step 9 is "));
  toy_task resumed;  // the checkpoint of step 5 is still there
  EXPECT_NO_THROW(train(resumed, options_of(), run_in(folder, resume_mode::latest)));
}

// What is not finite is named: a weight, trained or frozen; else the layer where it begins.
TEST(NotFinite, ANanIsTracedToItsWeightOrItsLayer) {
  const auto failure = [](std::vector<std::string> train_on, const std::string& broken, double value) {
    const temporary_folder folder;
    training_model model = load_for_training(ZOETROPE_SOURCE_DIR "/assets/tiny");
    for (const parameter_slot& slot : model.parts.unet->slots())
      if (slot.name == broken) slot.tensor->fill_(value);
    const json clips = {{"type", "shapes"}, {"width", 32}, {"height", 32}, {"frames", 2}, {"examples", 4}};
    diffusion_task task(std::move(model), make_dataset(config(clips)), nullptr, config(),
                        {.batch_size = 2, .train = std::move(train_on)});
    return failure_of([&] { train(task, options_of({{"batch_size", 2}}), run_in(folder)); });
  };
  const std::string trained = failure({"unet.conv_in.*"}, "conv_in.weight", std::nan(""));
  EXPECT_TRUE(mentions(trained, "numerical: training: the loss of step 1 is "));
  EXPECT_TRUE(mentions(trained, "; unet.conv_in.weight holds a NaN or infinity"));
  EXPECT_TRUE(mentions(failure({"unet.conv_in.*"}, "conv_out.bias", std::nan("")),
                       "; unet.conv_out.bias holds a NaN or infinity"));
  // Finite, but its products overflow.
  EXPECT_TRUE(mentions(failure({"unet.conv_out.*"}, "conv_in.weight", 3e38),
                       "; the first layer that returns a NaN or infinity is unet.conv_in"));
}

}  // namespace
}  // namespace zoetrope
