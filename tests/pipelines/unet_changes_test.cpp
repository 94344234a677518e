// A model with parts of its UNet swapped: weights stay where they fit, the rest is fresh and always the same.
#include "pipelines/unet_changes.hpp"

#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include "attention/layout.hpp"
#include "attention/position.hpp"
#include "sample_models.hpp"

namespace zoetrope {
namespace {

const std::filesystem::path shapes_folder = std::filesystem::path(ZOETROPE_SOURCE_DIR) / "assets/tiny";

text_to_video_model load(model_load_options options) {
  return load_text_to_video_model(model_directory::open(shapes_folder.string()), options);
}
text_to_video_model with(json changes) { return load({.unet_changes = std::move(changes)}); }

at::Tensor clip_of(const text_to_video_model& model) {
  text_to_video_call call;
  call.prompts = {"a red circle moving left"};
  call.width = call.height = 32;
  call.video_length = 4;
  call.steps = 2;
  call.seeds = {3};
  return text_to_video(model, call).video;
}

TEST(UnetChanges, WhatStaysKeepsItsWeights) {
  const text_to_video_model model = with({{"temporal", {{"backend", {{"type", "dense"}}}}}});
  EXPECT_TRUE(model.fresh.empty());
  EXPECT_LE((clip_of(model) - clip_of(shapes_model())).abs().max().item<double>(), 1e-4);
}

TEST(UnetChanges, APartThatGoesLeavesItsTensorsUnused) {
  const text_to_video_model model = with({{"temporal", {{"position", {{"type", "none"}}}}}});
  EXPECT_TRUE(model.fresh.empty());
  EXPECT_GT((clip_of(model) - clip_of(shapes_model())).abs().max().item<double>(), 1e-3);
}

TEST(UnetChanges, WhatIsNewIsFreshAndTheSameEveryTime) {
  const json changes{{"temporal", {{"depth", 2}}}};
  const text_to_video_model model = with(changes);
  ASSERT_FALSE(model.fresh.empty());
  ASSERT_FALSE(model.fresh.empty());
  for (const std::string& slot : model.fresh)
    EXPECT_NE(slot.find("transformer_blocks.1."), std::string::npos) << slot;
  EXPECT_TRUE(at::equal(clip_of(model), clip_of(with(changes))));
}

TEST(UnetChanges, AFreshTableOfAnotherLengthTakesThePlaceOfTheFiles) {
  const text_to_video_model model = with({{"temporal", {{"maximum_frames", 40}}}});
  EXPECT_EQ(model.unet->maximum_frames(), 40);
  ASSERT_FALSE(model.fresh.empty());
  for (const std::string& slot : model.fresh)
    EXPECT_NE(slot.find("positional_encoding"), std::string::npos) << slot;
}

TEST(UnetChanges, ABlendGoesOnWithTheModelsOwnModule) {
  const json inner{{"type", "blend"}, {"mixing", "fixed"}, {"alpha", 0.0}};
  const text_to_video_model model = with({{"temporal", inner}});
  EXPECT_TRUE(model.fresh.empty());
  EXPECT_TRUE(at::equal(clip_of(model), clip_of(shapes_model())));
  for (const std::string& slot : with({{"temporal", {{"type", "blend"}}}}).fresh)
    EXPECT_TRUE(slot.ends_with("mix_factor")) << slot;
}

TEST(UnetChanges, KernelsOfPicturesGrowIntoKernelsOfClips) {
  for (const char* type : {"pseudo_3d", "full_3d"}) {
    const text_to_video_model model = with({{"resnet", {{"type", type}}}});
    EXPECT_LE((clip_of(model) - clip_of(shapes_model())).abs().max().item<double>(), 1e-4) << type;
  }
  EXPECT_TRUE(with({{"resnet", {{"type", "full_3d"}}}}).fresh.empty());
}

// What attention_slice promises holds for every part: the same bytes, however the tokens are cut.
TEST(UnetChanges, EveryPartGivesTheSameInPieces) {
  const auto expect_same = [](const json& changes) {
    const text_to_video_model model = with(changes);
    text_to_video_call call;
    call.prompts = {"a red circle moving left"};
    call.width = call.height = 32;
    call.video_length = 4;
    call.steps = 1;
    call.seeds = {3};
    const at::Tensor whole = text_to_video(model, call).latents;
    call.memory.attention_slice = 1;
    call.memory.feed_forward_chunk = 8;
    call.memory.smallest = 0;
    EXPECT_TRUE(at::equal(text_to_video(model, call).latents, whole)) << changes;
  };
  for (const std::string& name : attention_positions().names())
    for (const std::string place : {"temporal", "spatial"})
      if (name != "relative_kv" || place == "temporal")
        expect_same({{place, {{"position", {{"type", name}}}}}});
  for (const std::string& name : attention_patterns().names())
    expect_same({{"temporal", {{"pattern", {{"type", name}}}}}});
  for (const std::string& name : attention_layouts().names())
    for (const std::string place : {"temporal", "spatial"})
      if (name != "cross") expect_same({{place, {{"layout", {{"type", name}}}}}});
}

TEST(UnetChanges, AKeyThatNothingReadsIsAnError) {
  ZT_EXPECT_ERROR(bad_input, "nothing reads $.temporl", with({{"temporl", {{"type", "none"}}}}));
  ZT_EXPECT_ERROR(bad_input, "did you mean 'depth'?", with({{"temporal", {{"deph", 2}}}}));
  ZT_EXPECT_ERROR(bad_input,
                  "config.json with `unet` laid over it: $.temporal: unknown temporal module 'nix'",
                  with({{"temporal", {{"type", "nix"}}}}));
}

TEST(UnetChanges, AModelsOwnConfigMayNotNameAProgram) {
  const part_origin<unet3d> origin{
      "m/unet", config(json{{"temporal", {{"backend", {{"type", "torchscript"}, {"path", "x.py"}}}}}}), {}};
  ZT_EXPECT_ERROR(bad_input, "may not name a program", changed(origin, json::object()));
}

TEST(Motion, AModelsOwnTemporalLayersPutOverItAreTheModel) {
  const text_to_video_model model = load({.motion = shapes_folder / "unet"});
  EXPECT_TRUE(at::equal(clip_of(model), clip_of(shapes_model())));
}

TEST(Motion, OfAnotherWidthIsRefusedByName) {
  ZT_EXPECT_ERROR(bad_input, "misshapen",
                  load({.motion = std::filesystem::path(ZOETROPE_SOURCE_DIR) /
                                  "tests/goldens/09_animatediff/sdxl_like/model/motion_adapter"}));
}

}  // namespace
}  // namespace zoetrope
