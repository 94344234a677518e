// Sums that a GPU puts into the pass of a neighbour (the running sum of a transformer block, a convolution's
// bias, the time embedding): the same numbers as on a CPU. Where there is no GPU the emulation takes its
// ways.
#include <ATen/ATen.h>
#include <c10/core/GradMode.h>
#include <gtest/gtest.h>

#include <functional>

#include "cuda_emulation/emulated_cuda.hpp"
#include "models/frames.hpp"
#include "models/resnet_block.hpp"
#include "models/transformer_spatial.hpp"
#include "models/transformer_temporal.hpp"
#include "tests/models/part_contract.hpp"

namespace zoetrope {
namespace {

at::Tensor emulated(const std::function<at::Tensor()>& run) {
  const emulated_cuda emulation;
  return run();
}

TEST(TokenSum, OnACpuItIsTheSumAndThenTheNormToTheBit) {
  const c10::NoGradGuard inference;
  layer_norm norm(24);
  norm.weight = generator(1).normal({24});
  norm.bias = generator(2).normal({24});
  const at::Tensor x = generator(3).normal({2, 5, 24}), more = generator(4).normal({10, 24}),
                   wanted = x + more.view(x.sizes());
  token_sum sum(x);
  sum.add(more);
  EXPECT_TRUE(at::equal(sum.normed(norm), at::layer_norm(wanted, {24}, norm.weight, norm.bias)));
  EXPECT_TRUE(at::equal(sum.total(), wanted));
  EXPECT_EQ(sum.total().data_ptr(), x.data_ptr());
}

TEST(TokenSum, OnAGpuTheSumMayWaitForTheNorm) {
  const emulated_cuda emulation;
  layer_norm norm(24);
  norm.weight = generator(1).normal({24});
  norm.bias = generator(2).normal({24});
  for (const bool records : {false, true}) {
    const c10::AutoGradMode mode(records);
    const at::Tensor x = generator(3).normal({2, 5, 24}), before = x.clone(),
                     more = generator(4).normal({2, 5, 24}), wanted = x + more;
    token_sum sum(x);
    sum.view_as({10, 24});
    sum.add(more);
    EXPECT_TRUE(at::equal(sum.like().view(x.sizes()), before)) << "not added yet";
    sum.view_as({2, 5, 24});
    const at::Tensor y = sum.normed(norm);
    EXPECT_LE(largest_difference(y, at::layer_norm(wanted, {24}, norm.weight, norm.bias)), 2e-6);
    EXPECT_TRUE(at::equal(sum.total(), wanted));
    EXPECT_EQ(at::equal(x, before), records) << "the memory of x is taken where no gradient is recorded";
    sum.add(more);
    sum.add(more);
    EXPECT_TRUE(at::equal(sum.total(), wanted + more + more));
  }
}

TEST(TokenSum, PiecesAddUpToTheWhole) {
  const c10::NoGradGuard inference;
  const auto summed = [](int64_t rows) {
    layer_norm norm(16);
    norm.weight = generator(1).normal({16});
    norm.bias = at::zeros({16});
    token_sum sum(generator(3).normal({7, 16}));
    sum.add(generator(4).normal({7, 16}));
    add_in_pieces(sum, 0, rows, [&](token_sum& some) { return some.normed(norm) * 2; });
    return sum.total();
  };
  const at::Tensor whole = summed(0);
  for (const int64_t rows : {1, 3, 7, 9}) {
    EXPECT_TRUE(at::equal(summed(rows), whole)) << rows;
    EXPECT_LE(largest_difference(emulated([&] { return summed(rows); }), whole), 4e-6) << rows;
  }
}

/// What `forward` gives, and the gradients of its loss, must not depend on who computes it.
void expect_same_on_gpu(module& part, const std::function<at::Tensor()>& forward) {
  {
    const c10::NoGradGuard inference;
    const at::Tensor wanted = forward();
    EXPECT_LE(largest_difference(emulated(forward), wanted), 2e-5 * wanted.abs().max().item<double>());
  }
  const auto gradients = [&] {
    std::vector<at::Tensor> all;
    for (const parameter_slot& slot : part.slots())
      if (!slot.is_buffer) slot.tensor->set_requires_grad(true);
    forward().square().mean().backward();
    for (const parameter_slot& slot : part.slots()) {
      if (slot.is_buffer) continue;
      all.push_back(slot.tensor->grad().clone());
      *slot.tensor = slot.tensor->detach();
    }
    return all;
  };
  const std::vector<at::Tensor> wanted = gradients();
  const emulated_cuda emulation;
  const std::vector<at::Tensor> got = gradients();
  for (std::size_t i = 0; i < wanted.size(); ++i)
    EXPECT_LE(largest_difference(got[i], wanted[i]),
              1e-4 * std::max(1.0, wanted[i].abs().max().item<double>()))
        << i;
}

TEST(FusedSums, ASpatialTransformerIsTheSameOnAGpu) {
  transformer_spatial part({.in_channels = 32,
                            .depth = 2,
                            .block = {.channels = 32, .heads = 4, .head_dim = 8, .context_channels = 12}});
  generator random(5);
  draw_all(part, random);
  const auto layers = assign_text_slots(part);
  const at::Tensor words = random.normal({2, 3, 12}), x = fold_frames(random.normal({2, 32, 2, 3, 4}));
  unet_context context;
  context.batch = 2;
  context.frames = 2;
  expect_same_on_gpu(part, [&] {
    const projected_text text = project_text(layers, words);
    context.text = &text;
    return part.forward(x, context);
  });
}

TEST(FusedSums, ATemporalTransformerIsTheSameOnAGpu) {
  for (const bool token_shift : {false, true}) {
    transformer_temporal part(
        {.in_channels = 32, .heads = 4, .head_dim = 8, .maximum_frames = 6, .token_shift = token_shift});
    generator random(6);
    draw_all(part, random);
    const at::Tensor x = fold_frames(random.normal({2, 32, 3, 3, 4}));
    unet_context context;
    context.batch = 2;
    context.frames = 3;
    expect_same_on_gpu(part, [&] { return part.forward(x, context); });
  }
}

TEST(FusedSums, ResidualBlocksAreTheSameOnAGpu) {
  for (const char* type : {"hotshot", "scale_shift", "pseudo_3d"})
    for (const norm_scope& scope : {norm_scope(), norm_scope::clip(), norm_scope::window(2)}) {
      const config options(json{{"type", type}}, "options");
      const auto part = make_resnet_block(
          options, {.in_channels = 16, .out_channels = 32, .time_channels = 12, .groups = 4, .scope = scope});
      generator random(7);
      draw_all(*part, random);
      const at::Tensor x = fold_frames(random.normal({2, 16, 3, 3, 4}));
      unet_context context;
      context.batch = 2;
      context.frames = 3;
      context.time = random.normal({2, 12});
      expect_same_on_gpu(*part, [&] { return part->forward(x, context); });
    }
}

}  // namespace
}  // namespace zoetrope
