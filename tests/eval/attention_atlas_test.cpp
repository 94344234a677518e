// Statistics of attention whose softmax is known by hand, and what is recorded of a whole run.
#include "eval/attention_atlas.hpp"

#include <ATen/ATen.h>

#include <cmath>

#include "tests/core/temporary_folder.hpp"

namespace zoetrope {
namespace {

// Scores ln(w_ij): softmax gives the rows of w, each divided by its sum. q is the identity, k = ln wᵀ.
attention_input with_weights(const at::Tensor& w) {  // heads, frames, frames
  const int64_t heads = w.size(0), frames = w.size(1);
  attention_input input;
  input.q = at::eye(frames).expand({1, heads, frames, frames});
  input.k = w.log().transpose(1, 2).unsqueeze(0);
  input.v = at::zeros({1, heads, frames, 1});
  input.scale = 1.0;
  return input;
}

TEST(AttentionStatistics, AreThoseOfKnownRows) {
  // Head 0: all alike. Head 1: rows (2 1 1)/4, (1 2 1)/4, (1 1 2)/4.
  const at::Tensor w = at::stack({at::ones({3, 3}), at::ones({3, 3}) + at::eye(3)});
  const attention_statistics found = statistics_of(with_weights(w));
  ASSERT_EQ(found.entropy.size(), 2u);
  EXPECT_NEAR(found.entropy[0], std::log(3.0), 1e-6);
  EXPECT_NEAR(found.distance[0], (1.0 + 2.0 / 3 + 1.0) / 3, 1e-6);  // rows (0+1+2)/3, (1+0+1)/3, (2+1+0)/3
  EXPECT_NEAR(found.diagonal[0], 1.0 / 3, 1e-6);
  EXPECT_NEAR(found.entropy[1], 0.5 * std::log(2.0) + 0.5 * std::log(4.0), 1e-6);
  EXPECT_NEAR(found.distance[1], (0.75 + 0.5 + 0.75) / 3, 1e-6);
  EXPECT_NEAR(found.diagonal[1], 0.5, 1e-6);
}

TEST(AttentionStatistics, ScaleAndMaskCount) {
  attention_input input = with_weights(at::tensor({1.0f, 9.0f, 4.0f, 1.0f}).view({1, 2, 2}));
  input.scale = 0.5;  // weights are then square roots: rows (1 3)/4, (2 1)/3
  attention_statistics found = statistics_of(input);
  EXPECT_NEAR(found.diagonal[0], (0.25 + 1.0 / 3) / 2, 1e-6);
  EXPECT_NEAR(found.distance[0], (0.75 + 2.0 / 3) / 2, 1e-6);
  input.mask = at::eye(2).to(at::kBool);  // only itself
  found = statistics_of(input);
  EXPECT_EQ(found.entropy[0], 0);
  EXPECT_EQ(found.distance[0], 0);
  EXPECT_EQ(found.diagonal[0], 1);
}

text_to_video_model tiny(const json& changes = json::object()) {
  model_load_options load;
  load.unet_changes = changes;
  const auto folder = std::filesystem::path(ZOETROPE_SOURCE_DIR) / "assets/tiny";
  return load_text_to_video_model(model_directory::open(folder.string()), load);
}

text_to_video_call short_call() {
  return {.prompts = {"a red circle moving left"},
          .width = 32,
          .height = 32,
          .video_length = 4,
          .steps = 2,
          .seeds = {4}};
}

TEST(AttentionAtlas, HasEveryTemporalLayerHeadAndStep) {
  const text_to_video_model model = tiny();
  const attention_atlas atlas = record_atlas(model, short_call());
  EXPECT_EQ(atlas.steps, 2);
  EXPECT_EQ(atlas.frames, 4);
  ASSERT_GT(atlas.layers.size(), 4u);
  EXPECT_TRUE(mentions(atlas.layers.front(), "down_blocks.0.temporal_attentions.0"));
  for (const std::string& layer : atlas.layers) {
    ASSERT_EQ(atlas.of.at(layer).size(), 2u) << layer;
    for (const attention_statistics& step : atlas.of.at(layer))
      for (std::size_t head = 0; head < step.entropy.size(); ++head) {
        EXPECT_GT(step.entropy[head], 0);
        EXPECT_LE(step.entropy[head], std::log(4.0) + 1e-6);
        EXPECT_GT(step.distance[head], 0);
        EXPECT_LT(step.distance[head], 3);
        EXPECT_LE(step.diagonal[head], 1);
      }
  }
  const temporary_folder folder;
  write_atlas(folder / "a.h5", atlas, {});
  const hdf5_reader file(folder / "a.h5");
  const std::string path = "/layers/" + atlas.layers.front();
  const auto entropy = file.dataset<double>(path + "/entropy");
  const auto& steps = atlas.of.at(atlas.layers.front());
  EXPECT_EQ(entropy.shape, (hdf5_shape{2, steps[0].entropy.size()}));
  EXPECT_EQ(entropy.values.front(), steps[0].entropy.front());
  EXPECT_EQ(entropy.values.back(), steps[1].entropy.back());
  EXPECT_EQ(file.children("/layers").size(), atlas.layers.size());
}

TEST(AttentionAtlas, OnlyTheLayersAskedFor) {
  const text_to_video_model model = tiny();
  const attention_atlas all = record_atlas(model, short_call());
  const attention_atlas few = record_atlas(model, short_call(), {"up_blocks.0", "down_blocks.1"});
  ASSERT_GT(few.layers.size(), 1u);
  EXPECT_LT(few.layers.size(), all.layers.size());
  for (const std::string& layer : few.layers) {
    EXPECT_TRUE(layer.find("up_blocks.0") == 0 || layer.find("down_blocks.1") == 0) << layer;
    EXPECT_EQ(few.of.at(layer)[1].entropy, all.of.at(layer)[1].entropy);
  }
  EXPECT_TRUE(
      mentions(failure_of([&] {
                 record_atlas(model, short_call(), {"up_blocks", "nowhere"});
               }),
               "usage: atlas: no temporal attention's name contains 'nowhere'; the first is down_blocks.0"));
}

TEST(AttentionAtlas, WatchingChangesNoNumberAndPiecesAddUp) {
  const text_to_video_model model = tiny();
  const at::Tensor before = text_to_video(model, short_call()).latents;
  const attention_atlas whole = record_atlas(model, short_call());
  text_to_video_call cut = short_call();
  cut.memory.guidance_in_turn = true;
  cut.memory.attention_slice = 1;
  const attention_atlas pieces = record_atlas(model, cut);
  EXPECT_TRUE(before.equal(text_to_video(model, short_call()).latents));
  ASSERT_EQ(whole.layers, pieces.layers);
  for (const std::string& layer : whole.layers)
    for (std::size_t head = 0; head < whole.of.at(layer)[1].entropy.size(); ++head)
      EXPECT_NEAR(whole.of.at(layer)[1].entropy[head], pieces.of.at(layer)[1].entropy[head], 1e-6);
}

TEST(AttentionAtlas, ACausalPatternLooksBackAlone) {
  const attention_atlas atlas =
      record_atlas(tiny({{"temporal", {{"pattern", {{"type", "first_frame"}}}}}}), short_call());
  // Frames see the first alone: distance (0 + 1 + 2 + 3) / 4, whatever the weights are.
  for (const auto& [layer, steps] : atlas.of) {
    EXPECT_NEAR(steps[0].distance[0], 1.5, 1e-6) << layer;
    EXPECT_NEAR(steps[0].entropy[0], 0, 1e-6) << layer;
    EXPECT_NEAR(steps[0].diagonal[0], 0.25, 1e-6) << layer;
  }
}

TEST(AttentionAtlas, WhatHasNoMapIsSaid) {
  const auto refusal = [](const json& changes) {
    return failure_of([&] { record_atlas(tiny(changes), short_call()); });
  };
  EXPECT_TRUE(
      mentions(refusal({{"temporal", {{"type", "none"}}}}), "usage: atlas: the UNet has no attention"));
  EXPECT_TRUE(mentions(refusal({{"temporal", {{"backend", {{"type", "linear"}}}}}}), "no softmax"));
  text_to_video_call picture = short_call();
  picture.video_length = 1;
  EXPECT_TRUE(mentions(failure_of([&] { record_atlas(tiny(), picture); }), "single frame"));
}

}  // namespace
}  // namespace zoetrope
