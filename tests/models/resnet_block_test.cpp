// The contract of residual blocks, held to every entry of the table; and each against a formula of its own.
#include "models/resnet_block.hpp"

#include <algorithm>

#include "core/tensor/meta_run.hpp"
#include "models/frames.hpp"
#include "tests/models/part_contract.hpp"

namespace zoetrope {
namespace {

constexpr int64_t in = 16, out = 32, time_channels = 12, groups = 4;

std::unique_ptr<resnet_block> made(const json& options, norm_scope scope = {}, int64_t from = in) {
  const config tree(options, "options");
  auto part = make_resnet_block(tree, {.in_channels = from,
                                       .out_channels = out,
                                       .time_channels = time_channels,
                                       .groups = groups,
                                       .scope = scope});
  tree.expect_all_read();
  return part;
}

struct variant {
  std::string name;
  json options;
  bool fresh_is_2d, sees_ahead;
  bool scale_shift() const { return options.value("scale_shift", options.at("type") == "scale_shift"); }
};

void PrintTo(const variant& one, std::ostream* stream) { *stream << one.options; }

const std::vector<variant>& variants() {
  static const std::vector<variant> all{
      {"Hotshot", {{"type", "hotshot"}}, true, false},
      {"ScaleShift", {{"type", "scale_shift"}}, true, false},
      {"Pseudo3d", {{"type", "pseudo_3d"}}, true, true},
      {"Pseudo3dCausal", {{"type", "pseudo_3d"}, {"causal", true}, {"scale_shift", true}}, true, false},
      {"Full3d", {{"type", "full_3d"}}, true, true},
      {"Full3dCausal", {{"type", "full_3d"}, {"causal", true}}, true, false},
      {"GlobalContext", {{"type", "global_context"}, {"scale_shift", true}}, false, true},
      {"GlobalContextPerFrame", {{"type", "global_context"}, {"gate", "frame"}}, false, false},
      {"ImagenVideo",
       {{"type", "pseudo_3d"}, {"causal", true}, {"scale_shift", true}, {"gate", "frame"}},
       false,
       false}};
  return all;
}

TEST(ResnetBlocks, EveryEntryOfTheTableIsHeldToTheContract) {
  for (const std::string& name : resnet_blocks().names())
    EXPECT_TRUE(std::any_of(variants().begin(), variants().end(),
                            [&](const variant& one) { return one.options.at("type") == name; }))
        << name << ": say it in variants()";
}

class ResnetBlock : public testing::TestWithParam<variant> {
 protected:
  unet_context clips_of(int64_t batch, int64_t frames) {
    unet_context context;
    context.batch = batch;
    context.frames = frames;
    context.time = random_.normal({batch, time_channels});
    return context;
  }
  at::Tensor clips(int64_t batch, int64_t frames, int64_t height = 3, int64_t width = 4) {
    return fold_frames(random_.normal({batch, in, frames, height, width}));
  }

  generator random_{5};
  std::unique_ptr<resnet_block> part_ = made(GetParam().options);
};

// The same seed draws the same 2-D weights: what 3-D parts add to them takes no random numbers.
TEST_P(ResnetBlock, FreshGivesWhatTheTwoDimensionalBlockGives) {
  const c10::NoGradGuard inference;
  const auto flat = made({{"type", GetParam().scale_shift() ? "scale_shift" : "hotshot"}});
  generator one(7), other(7);
  part_->initialize(one);
  flat->initialize(other);
  const at::Tensor x = clips(2, 5);
  const unet_context context = clips_of(2, 5);
  EXPECT_EQ(part_->fresh_is_2d(), GetParam().fresh_is_2d);
  EXPECT_EQ(at::equal(part_->forward(x, context), flat->forward(x, context)), GetParam().fresh_is_2d);
}

TEST_P(ResnetBlock, KeepsFramesAndItsInput) {
  const c10::NoGradGuard inference;
  draw_all(*part_, random_);
  for (const int64_t frames : {1, 2, 5}) {
    const at::Tensor x = clips(2, frames), before = x.clone();
    const at::Tensor y = part_->forward(x, clips_of(2, frames));
    EXPECT_EQ(y.sizes(), (std::vector<int64_t>{2 * frames, out, 3, 4}));
    EXPECT_TRUE(y.is_contiguous(at::MemoryFormat::ChannelsLast));
    EXPECT_TRUE(at::isfinite(y).all().item<bool>());
    EXPECT_TRUE(at::equal(x, before));
  }
}

TEST_P(ResnetBlock, InferenceGivesWhatTrainingGives) {
  draw_all(*part_, random_, 0.1);
  const at::Tensor x = clips(2, 4);
  const unet_context context = clips_of(2, 4);
  const at::Tensor recorded = part_->forward(x, context);
  const c10::NoGradGuard inference;
  EXPECT_LE(largest_difference(part_->forward(x, context), recorded), 1e-5);
}

TEST_P(ResnetBlock, GradientsReachEveryParameter) {
  draw_all(*part_, random_);
  const at::Tensor x = clips(2, 4);
  const unet_context context = clips_of(2, 4);
  expect_gradients_reach(*part_, [&] { return part_->forward(x, context); });
}

TEST_P(ResnetBlock, GradientIsTheSlope) {
  draw_all(*part_, random_, 0.1);
  part_->to(at::kCPU, at::kDouble);
  at::Tensor x = clips(2, 3, 2, 2).to(at::kDouble);
  unet_context context = clips_of(2, 3);
  context.time = context.time.to(at::kDouble);
  auto leaves = parameters_of(*part_);
  leaves.emplace_back("x", &x);
  leaves.emplace_back("time", &context.time);
  expect_slopes(leaves, random_, [&] { return part_->forward(x, context); });
}

TEST_P(ResnetBlock, SeesLaterFramesOnlyIfItMay) {
  const c10::NoGradGuard inference;
  draw_all(*part_, random_);
  unet_context context = clips_of(1, 6);
  const at::Tensor x = clips(1, 6), before = part_->forward(x, context), other = x.clone();
  other.select(0, 3).copy_(random_.normal(other[3].sizes()));
  const at::Tensor after = part_->forward(other, context);
  EXPECT_EQ(!at::equal(after.slice(0, 0, 3), before.slice(0, 0, 3)), GetParam().sees_ahead);
  EXPECT_FALSE(at::equal(after.slice(0, 3), before.slice(0, 3)));
}

// A single picture, or a clip's frames as pictures: convolutions over frames have no part in it.
TEST_P(ResnetBlock, WithoutTemporalModulesFramesAreApart) {
  if (GetParam().name == "GlobalContext") GTEST_SKIP() << "pools over the clip as norms do";
  const c10::NoGradGuard inference;
  draw_all(*part_, random_);
  unet_context clip = clips_of(1, 3), alone = clip;
  clip.temporal = alone.temporal = false;
  alone.frames = 1;
  const at::Tensor x = clips(1, 3), y = part_->forward(x, clip);
  for (int64_t f = 0; f < 3; ++f)
    EXPECT_LE(largest_difference(part_->forward(x.slice(0, f, f + 1), alone), y.slice(0, f, f + 1)), 1e-5);
}

TEST_P(ResnetBlock, AClipAloneGivesTheBytesOfTheBatch) {
  const c10::NoGradGuard inference;
  draw_all(*part_, random_, 0.1);
  for (const auto& [frames, height, width] : {std::tuple(1, 2, 2), {5, 3, 4}, {6, 8, 10}}) {
    const at::Tensor x = clips(2, frames, height, width);
    const unet_context context = clips_of(2, frames);
    const at::Tensor both = part_->forward(x, context);
    for (int64_t b = 0; b < 2; ++b) {
      const auto row = [&, frames = frames](const at::Tensor& t) {
        return t.slice(0, b * frames, (b + 1) * frames);
      };
      unet_context alone = context;
      alone.batch = 1;
      alone.time = context.time.slice(0, b, b + 1);
      EXPECT_TRUE(at::equal(part_->forward(row(x), alone), row(both)))
          << frames << " frames of " << height << "x" << width;
    }
  }
}

TEST_P(ResnetBlock, SavedWeightsGiveTheSameOutput) {
  draw_all(*part_, random_);
  const at::Tensor x = clips(1, 3);
  const unet_context context = clips_of(1, 3);
  expect_round_trip(*part_, [&] { return part_->forward(x, context); });
}

TEST_P(ResnetBlock, RunsWithoutMemory) {
  const c10::NoGradGuard inference;
  part_->initialize(random_, at::kFloat, at::kMeta);
  const meta_run run(at::kCPU);
  unet_context context = clips_of(2, 5);
  context.time = context.time.to(at::kMeta);
  EXPECT_EQ(part_->forward(clips(2, 5).to(at::kMeta), context).sizes(),
            (std::vector<int64_t>{10, out, 3, 4}));
}

INSTANTIATE_TEST_SUITE_P(Table, ResnetBlock, testing::ValuesIn(variants()),
                         [](const auto& info) { return info.param.name; });

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

TEST(ResnetBlocks, TheOldKeySaysHowTimeEntersWhereTheConfigDoesNot) {
  const auto width = [](const json& options) {
    const auto part = make_resnet_block(
        config(options),
        {.in_channels = in, .out_channels = out, .time_channels = 8, .groups = groups, .scale_shift = true});
    return dynamic_cast<const weighted_layer*>(part->find_child("time_emb_proj"))->slots()[0].shape[0];
  };
  EXPECT_EQ(width(json::object()), 2 * out);
  EXPECT_EQ(width({{"type", "pseudo_3d"}}), 2 * out);
  EXPECT_EQ(width({{"type", "pseudo_3d"}, {"scale_shift", false}}), out);
}

TEST(ResnetBlocks, WrongOptionsAreNamed) {
  const auto expect_refused = [](const json& options, const std::string& wanted,
                                 norm_scope scope = norm_scope()) {
    try {
      made(options, scope);
      FAIL() << "no error for " << options;
    } catch (const error& failure) {
      EXPECT_EQ(failure.kind(), error_kind::bad_input);
      EXPECT_NE(std::string(failure.what()).find(wanted), std::string::npos) << failure.what();
    }
  };
  expect_refused({{"type", "pseudo3d"}}, "did you mean 'pseudo_3d'?");
  expect_refused({{"type", "hotshot"}, {"causal", true}}, "$.causal");
  expect_refused({{"type", "full_3d"}, {"causal", true}}, "wanted norm_scope 'frame'", norm_scope::clip());
  expect_refused({{"type", "pseudo_3d"}, {"causal", true}, {"gate", "clip"}}, "$.causal: a gate pooled");
  expect_refused({{"type", "global_context"}, {"gate", "none"}}, "$.gate: got 'none'");
  expect_refused({{"type", "pseudo_3d"}, {"gate", "clips"}}, "did you mean 'clip'?");
}

}  // namespace
}  // namespace zoetrope
