// Residual blocks against torch's operators on the 5-D clip.
#include "models/frames.hpp"
#include "tests/models/made_resnet_block.hpp"
#include "tests/models/part_contract.hpp"

namespace zoetrope {
namespace {

// GroupNorm over windows of frames by torch's operator on each window: b c f h w -> the same.
at::Tensor normed(const at::Tensor& clip, const at::Tensor& weight, const at::Tensor& bias, int64_t window) {
  std::vector<at::Tensor> windows;
  for (const at::Tensor& frames : clip.split(window, 2))
    windows.push_back(at::group_norm(frames, groups, weight, bias, 1e-5));
  return at::cat(windows, 2);
}

// The block by torch's operators on the 5-D clip; kernels with frames are 5-D, the shortcut is there.
at::Tensor expected(const resnet_block& part, const at::Tensor& clip, const at::Tensor& time, int64_t window,
                    bool scale_shift) {
  std::map<std::string, at::Tensor> state;
  for (const parameter_slot& slot : part.slots()) state[slot.name] = *slot.tensor;
  const auto convolved = [&](const at::Tensor& x, const std::string& name) {
    at::Tensor kernel = state.at(name + ".weight");
    if (kernel.dim() == 3) kernel = kernel.unsqueeze(-1).unsqueeze(-1);  // over frames
    if (kernel.dim() == 4) kernel = kernel.unsqueeze(2);                 // over pixels
    return at::conv3d(x, kernel, state.at(name + ".bias"), 1,
                      {kernel.size(2) / 2, kernel.size(3) / 2, kernel.size(4) / 2});
  };
  const auto both = [&](const at::Tensor& x, const std::string& number) {
    const at::Tensor y = convolved(x, "conv" + number);
    const std::string over_frames = "temporal_conv" + number;
    return state.count(over_frames + ".weight") ? convolved(y, over_frames) : y;
  };
  const auto norm = [&](const at::Tensor& x, const std::string& name) {
    return normed(x, state.at(name + ".weight"), state.at(name + ".bias"), window);
  };
  at::Tensor h = both(at::silu(norm(clip, "norm1")), "1");
  const at::Tensor embedded =
      at::linear(time, state.at("time_emb_proj.weight"), state.at("time_emb_proj.bias"))
          .view({-1, 1, 1, 1})
          .unflatten(0, {time.size(0), -1});
  if (scale_shift) {
    const auto parts = embedded.chunk(2, 1);
    h = norm(h, "norm2") * (parts[0] + 1) + parts[1];
  } else {
    h = norm(h + embedded, "norm2");
  }
  h = both(at::silu(h), "2");
  if (state.count("gca.to_k.weight")) {
    const auto pointwise = [&](const at::Tensor& x, const std::string& name) {
      return at::conv2d(x, state.at(name + ".weight"), state.at(name + ".bias"));
    };
    const at::Tensor flat = h.flatten(2, 3);                                            // b c (f h) w
    const at::Tensor weights = at::softmax(pointwise(flat, "gca.to_k").flatten(1), 1);  // b (f h w)
    const at::Tensor pooled = (flat.flatten(2) * weights.unsqueeze(1)).sum(2).unsqueeze(-1).unsqueeze(-1);
    h = h * pointwise(at::silu(pointwise(pooled, "gca.net.0")), "gca.net.2").sigmoid().unsqueeze(-1);
  }
  return convolved(clip, "conv_shortcut") + h;
}

struct scope_case {
  std::string name;
  norm_scope scope;
  int64_t window;
};

class ResnetBlockScope : public testing::TestWithParam<scope_case> {};

TEST_P(ResnetBlockScope, IsTheFormulaOfTheFiveDimensionalClip) {
  const c10::NoGradGuard inference;
  for (const json& options :
       {json{{"type", "hotshot"}}, json{{"type", "scale_shift"}}, json{{"type", "pseudo_3d"}},
        json{{"type", "full_3d"}, {"scale_shift", true}}, json{{"type", "global_context"}}}) {
    const auto part = made(options, GetParam().scope);
    generator random(9);
    draw_all(*part, random, 0.2);
    const at::Tensor clip = random.normal({2, in, 5, 3, 4});
    unet_context context;
    context.batch = 2;
    context.frames = 5;
    context.time = random.normal({2, time_channels});
    const bool scale_shift = options.contains("scale_shift") || options.at("type") == "scale_shift";
    EXPECT_LE(
        largest_difference(part->forward(fold_frames(clip), context),
                           fold_frames(expected(*part, clip, context.time, GetParam().window, scale_shift))),
        1e-4)
        << options;
  }
}

// A window of 2 leaves one frame of 5 by itself.
INSTANTIATE_TEST_SUITE_P(Scopes, ResnetBlockScope,
                         testing::Values(scope_case{"Frame", {}, 1},
                                         scope_case{"Clip", norm_scope::clip(), 5},
                                         scope_case{"Window", norm_scope::window(2), 2},
                                         scope_case{"WiderThanTheClip", norm_scope::window(9), 5}),
                         [](const auto& info) { return info.param.name; });

// sigmoid(0) is one half: the fresh gate halves what the block adds, to the bit.
TEST(GlobalContext, FreshGateHalvesTheResidual) {
  const c10::NoGradGuard inference;
  const auto gated = made({{"type", "global_context"}}, {}, out), flat = made({{"type", "hotshot"}}, {}, out);
  generator one(7), other(7), random(3);
  gated->initialize(one);
  flat->initialize(other);
  unet_context context;
  context.frames = 4;
  context.time = random.normal({1, time_channels});
  const at::Tensor x = fold_frames(random.normal({1, out, 4, 3, 3}));
  const at::Tensor added = flat->forward(x, context) - x;
  EXPECT_LE(largest_difference(gated->forward(x, context) - x, added / 2), 1e-6);
}

}  // namespace
}  // namespace zoetrope
