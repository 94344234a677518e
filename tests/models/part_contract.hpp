// What any part with weights must keep: gradients that reach all of them and are right, and weights that are
// written and read back.
#pragma once

#include <ATen/ATen.h>
#include <c10/core/GradMode.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <functional>

#include "core/error.hpp"
#include "core/tensor/module.hpp"
#include "core/tensor/weight_source.hpp"
#include "core/tensor/weights.hpp"
#include "tests/core/tensor/largest_difference.hpp"

namespace zoetrope {

using call_part = std::function<at::Tensor()>;

/// Also what starts at zero or as the identity: no weight is mute.
inline void draw_all(module& part, generator& random, double scale = 0.3) {
  for (const parameter_slot& slot : part.slots())
    if (!slot.is_buffer) *slot.tensor = random.normal(slot.shape) * scale;
  part.initialize(random);
}

inline void expect_gradients_reach(module& part, const call_part& forward) {
  for (const parameter_slot& slot : part.slots())
    if (!slot.is_buffer) slot.tensor->set_requires_grad(true);
  forward().square().sum().backward();
  for (const parameter_slot& slot : part.slots()) {
    if (slot.is_buffer) continue;
    ASSERT_TRUE(slot.tensor->grad().defined()) << slot.name;
    EXPECT_GT(slot.tensor->grad().abs().max().item<double>(), 0.0) << slot.name;
    slot.tensor->set_requires_grad(false);
  }
}

/// d/de of forward at leaf + e·direction for each leaf, by central differences; all in f64.
inline void expect_slopes(std::vector<std::pair<std::string, at::Tensor*>> leaves, generator& random,
                          const call_part& forward) {
  const at::Tensor weights = random.normal(forward().sizes()).to(at::kDouble);
  const auto loss = [&] { return (forward() * weights).sum(); };
  for (const auto& [name, leaf] : leaves) leaf->set_requires_grad(true);
  loss().backward();
  for (const auto& [name, leaf] : leaves) {
    const at::Tensor start = leaf->detach().clone(), gradient = leaf->grad();
    ASSERT_TRUE(gradient.defined()) << name;
    const at::Tensor direction = random.normal(start.sizes()).to(at::kDouble);
    const c10::NoGradGuard inference;
    const auto loss_at = [&](double step) {
      *leaf = start + step * direction;
      return loss().item<double>();
    };
    const double h = 1e-5, slope = (gradient * direction).sum().item<double>();
    EXPECT_NEAR((loss_at(h) - loss_at(-h)) / (2 * h), slope, 1e-6 * std::max(1.0, std::abs(slope))) << name;
    *leaf = start;
  }
}

inline std::vector<std::pair<std::string, at::Tensor*>> parameters_of(module& part) {
  std::vector<std::pair<std::string, at::Tensor*>> all;
  for (const parameter_slot& slot : part.slots())
    if (!slot.is_buffer) all.emplace_back(slot.name, slot.tensor);
  return all;
}

inline void expect_round_trip(module& part, const call_part& forward) {
  const c10::NoGradGuard inference;
  const at::Tensor before = forward();
  const auto file = std::filesystem::path(testing::TempDir()) /
                    concat("zoetrope_part_contract_", ::getpid(), ".safetensors");
  save_tensors(file, state_of(part));
  part.release();
  std::vector<safetensors_file> files;
  files.push_back(safetensors_file::open(file));
  load_weights(part, files);
  EXPECT_TRUE(at::equal(forward(), before));
  std::filesystem::remove(file);
}

}  // namespace zoetrope
