// The contract of residual blocks, held to every entry of the table.
#include "models/resnet_block.hpp"

#include <algorithm>

#include "core/tensor/meta_run.hpp"
#include "models/frames.hpp"
#include "tests/models/made_resnet_block.hpp"
#include "tests/models/part_contract.hpp"

namespace zoetrope {
namespace {

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
