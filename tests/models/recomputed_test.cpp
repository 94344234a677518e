// Gradients must be those of the plain pass, for inputs and for weights, and what a layer keeps must be gone.
#include "models/recomputed.hpp"

#include <ATen/ATen.h>
#include <gtest/gtest.h>
#include <torch/csrc/autograd/autograd.h>
#include <torch/csrc/autograd/function.h>

#include "core/tensor/random.hpp"
#include "models/unet3d.hpp"
#include "tests/models/small_unet.hpp"

namespace zoetrope {
namespace {

TEST(Recomputed, HasTheValuesAndGradientsOfThePlainLayer) {
  generator random(3);
  const at::Tensor x = random.normal({5, 4}).set_requires_grad(true),
                   w = random.normal({4, 4}).set_requires_grad(true), cast = w * 2,
                   unused = random.normal({2});  // also weights that are computed from others
  int passes = 0;
  const layer_function layer = [&](const std::vector<at::Tensor>& inputs) {
    ++passes;
    return at::tanh(at::mm(inputs[0], cast)) + inputs[1].sum();
  };
  const at::Tensor plain = layer({x, unused}), again = recomputed(layer, {x, unused}, {cast});
  EXPECT_TRUE(at::equal(again, plain));
  const auto gradients = [&](const at::Tensor& y) {
    return torch::autograd::grad({y.square().sum()}, {x, w}, {}, /*retain_graph=*/true);
  };
  const auto wanted = gradients(plain), got = gradients(again);
  EXPECT_TRUE(at::equal(got[0], wanted[0]));
  EXPECT_TRUE(at::equal(got[1], wanted[1]));
  EXPECT_EQ(passes, 3);
}

TEST(Recomputed, KeepsWhatGetsNoGradientOutOfTheGraph) {
  generator random(4);
  const at::Tensor x = random.normal({3}), w = random.normal({3}).set_requires_grad(true);
  int passes = 0;
  const layer_function layer = [&](const std::vector<at::Tensor>& inputs) {
    ++passes;
    return inputs[0] * inputs[1];
  };
  EXPECT_FALSE(recomputed(layer, {x, x}, {x}).requires_grad());
  const at::Tensor y = recomputed(layer, {x, w}, {});
  EXPECT_EQ(y.grad_fn()->next_edges().size(), 1u);
  EXPECT_TRUE(at::equal(torch::autograd::grad({y.sum()}, {w})[0], x));
  EXPECT_EQ(passes, 3);
}

class RecomputedUnet : public testing::Test {
 protected:
  RecomputedUnet() {
    generator random(11);
    for (const parameter_slot& slot : unet_.slots())
      if (slot.init.kind == initializer::law::zeros) *slot.tensor = random.normal(slot.shape) * 0.1;
    unet_.initialize(random);
    for (const parameter_slot& slot : unet_.slots())
      if (!slot.is_buffer) weights_.push_back(slot.tensor->set_requires_grad(true));
    input_.sample = random.normal({2, 4, 3, 4, 4});
    input_.timestep = at::tensor({321.5});
    text_ = random.normal({2, 5, 12}).set_requires_grad(true);
  }
  using outcome = std::pair<at::Tensor, std::vector<at::Tensor>>;
  outcome run(const layer_choice& recompute) {
    const projected_text text = unet_.project_text(text_);
    input_.text = &text;
    input_.recompute = recompute;
    const at::Tensor y = unet_.forward(input_);
    std::vector<at::Tensor> wanted = weights_;
    wanted.push_back(text_);
    return {y, torch::autograd::grad({y.square().sum()}, wanted, {}, false, false, /*allow_unused=*/true)};
  }

  unet3d unet_{config(small_unet())};
  std::vector<at::Tensor> weights_;
  unet_input input_;
  at::Tensor text_;
};

void expect_close(const at::Tensor& got, const at::Tensor& wanted) {
  EXPECT_TRUE(at::allclose(got, wanted, 1e-4, 1e-5));  // no gradient, other kernels
}

TEST_F(RecomputedUnet, HasTheGradientsOfThePlainOne) {
  const auto [plain, wanted] = run({});
  std::vector<std::string> feed_forwards;
  const layer_choice all = [](const std::string&) { return true; };
  const layer_choice inner = [&](const std::string& path) {
    if (path.ends_with(".ff")) feed_forwards.push_back(path);
    return path.ends_with(".ff");
  };
  for (const layer_choice& choice : {all, inner}) {
    const auto [again, got] = run(choice);
    expect_close(again, plain);
    for (std::size_t i = 0; i < wanted.size(); ++i) {
      ASSERT_EQ(got[i].defined(), wanted[i].defined()) << i;
      if (got[i].defined()) expect_close(got[i], wanted[i]);
    }
  }
  EXPECT_EQ(feed_forwards.size(), 10u);  // 4 in spatial transformers, 6 in temporal ones
}

}  // namespace
}  // namespace zoetrope
