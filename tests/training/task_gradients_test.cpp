// The gradients of whole training losses, through every kernel that training passes, against differences of
// the losses themselves: along the gradient of each parameter, (L(w + h d) - L(w - h d)) / 2h = |g|.
#include <ATen/ATen.h>
#include <c10/core/GradMode.h>
#include <gtest/gtest.h>

#include "core/config.hpp"
#include "training/dataset.hpp"
#include "training/diffusion_task.hpp"
#include "training/step_gradients.hpp"
#include "training/vae_task.hpp"

namespace zoetrope {
namespace {

config shapes_config() { return config(json{{"type", "shapes"}, {"frames", 8}, {"examples", 16}}); }

double loss_of(training_task& task) {
  const c10::NoGradGuard no_gradient;
  task.prepare(0);
  return task.loss({0, 0, 4, 4}).loss.item<double>();
}

// Of the parameters whose gradient is large enough for differences in f32 to be told from rounding.
void expect_gradients_agree(training_task& task, int64_t least_checked) {
  worker_pool workers(1, 1);
  task.prepare(0);
  accumulate_gradients(task, {0, 0, 4, 4}, 1, 1.0, workers);
  double largest = 0;
  for (const trained_parameter& each : task.parameters())
    largest = std::max(largest, each.tensor.grad().norm().item<double>());
  int64_t checked = 0;
  for (const trained_parameter& each : task.parameters()) {
    const at::Tensor gradient = each.tensor.grad().clone();
    const double norm = gradient.norm().item<double>();
    if (norm < 0.02 * largest) continue;
    ++checked;
    const double reach =
        4e-6 / norm;  // the loss changes by about 4e-6: more than rounding, less than its curvature
    const at::Tensor direction = gradient / norm;
    const at::Tensor weight = each.tensor.detach();
    weight.add_(direction, reach);
    const double above = loss_of(task);
    weight.sub_(direction, 2 * reach);
    const double below = loss_of(task);
    weight.add_(direction, reach);
    EXPECT_NEAR((above - below) / (2 * reach) / norm, 1.0, 0.05) << each.name;
  }
  EXPECT_GE(checked, least_checked);
}

TEST(TaskGradients, OfTheVaeAreDifferencesOfItsLoss) {
  vae_task task(load_for_training(ZOETROPE_SOURCE_DIR "/assets/tiny"), make_dataset(shapes_config()), nullptr,
                {.batch_size = 4, .frames_per_clip = 1});
  expect_gradients_agree(task, 10);
}

TEST(TaskGradients, OfTheDenoiserAndTheTextEncodersAreDifferencesOfTheirLoss) {
  diffusion_task task(load_for_training(ZOETROPE_SOURCE_DIR "/assets/tiny"), make_dataset(shapes_config()),
                      nullptr, config(), {.batch_size = 4, .train = {"*"}});
  expect_gradients_agree(task, 10);
}

}  // namespace
}  // namespace zoetrope
