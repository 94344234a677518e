// ControlNet: what must hold whatever the weights are. That it agrees with diffusers: unet_cases_test.cpp.
#include "models/controlnet.hpp"

#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include <cmath>

#include "models/frames.hpp"
#include "models/presets.hpp"
#include "models/unet3d.hpp"

namespace zoetrope {
namespace {

json small() {
  return {{"_class_name", "ControlNetModel"},
          {"down_block_types", {"DownBlock2D", "CrossAttnDownBlock2D"}},
          {"block_out_channels", {32, 64}},
          {"layers_per_block", 1},
          {"norm_num_groups", 8},
          {"attention_head_dim", {2, 4}},
          {"cross_attention_dim", 12},
          {"use_linear_projection", true},
          {"addition_embed_type", "text_time"},
          {"addition_time_embed_dim", 4},
          {"projection_class_embeddings_input_dim", 34},
          {"conditioning_embedding_out_channels", {6, 10, 12}}};
}

json with(const std::string& key, const json& value) {
  json tree = small();
  tree[key] = value;
  return tree;
}

// A net with drawn weights and one input of 2 clips of 3 frames, 16 x 24 pixels.
struct sample_run {
  explicit sample_run(const json& tree = small(), bool zero_init = false)
      : net(config(tree, "net"), zero_init) {
    generator weights(11), random(5);
    net.initialize(weights);
    picture = random.uniform({2, 3, 3, 16, 24}, 0, 1);
    text = net.project_text(random.normal({2, 5, net.cross_attention_dim()}));
    input.sample = random.normal({2, 4, 3, 4, 6});
    input.timestep = at::tensor({321.5});
    input.text_embeds = random.normal({2, 10});
    input.time_ids = random.uniform({2, 6}, 0, 1000);
    input.text = &text;
  }
  controlnet_residuals run() {
    input.condition = net.embed_condition(picture);
    return net.forward(input);
  }

  controlnet net;
  at::Tensor picture;
  projected_text text;
  controlnet_input input;
};

std::vector<at::Tensor> all_of(const controlnet_residuals& residuals) {
  std::vector<at::Tensor> all = residuals.down;
  all.push_back(residuals.mid);
  return all;
}

void expect_near(const at::Tensor& got, const at::Tensor& want, double tolerance = 1e-5) {
  ASSERT_EQ(got.sizes(), want.sizes());
  EXPECT_LE((got - want).abs().max().item<double>(), tolerance);
}

template <class Body>
void expect_refused(error_kind kind, const std::string& wanted, Body&& body) {
  try {
    body();
    FAIL() << "no error; wanted " << wanted;
  } catch (const error& failure) {
    EXPECT_EQ(failure.kind(), kind);
    EXPECT_NE(std::string(failure.what()).find(wanted), std::string::npos) << failure.what();
  }
}

TEST(ControlNet, HasAResidualForEachSkipFeatureOfItsUNet) {
  sample_run sample;
  json tree = small();
  tree.update(
      {{"_class_name", "UNet2DConditionModel"}, {"up_block_types", {"CrossAttnUpBlock2D", "UpBlock2D"}}});
  unet3d unet{config(tree)};
  generator random(3);
  unet.initialize(random);
  const projected_text text = unet.project_text(random.normal({2, 5, 12}));
  unet_input input;
  static_cast<denoiser_input&>(input) = sample.input;
  input.text = &text;
  const at::Tensor free = unet.forward(input);
  const controlnet_residuals residuals = sample.run();
  ASSERT_EQ(residuals.down.size(), unet.skip_count());
  input.down_residuals = residuals.down;
  input.mid_residual = residuals.mid;
  const at::Tensor controlled = unet.forward(input);
  EXPECT_EQ(controlled.sizes(), free.sizes());
  EXPECT_GT((controlled - free).abs().max().item<double>(), 1e-3);
}

TEST(ControlNet, AFreshOneChangesNothing) {
  sample_run fresh(small(), /*zero_init=*/true), drawn;
  for (const at::Tensor& residual : all_of(fresh.run())) EXPECT_TRUE(residual.eq(0).all().item<bool>());
  for (const at::Tensor& residual : all_of(drawn.run())) EXPECT_GT(residual.abs().max().item<double>(), 1e-3);
}

TEST(ControlNet, SeesEachFrameAlone) {
  sample_run sample;
  const controlnet_residuals clip = sample.run();
  const controlnet_input whole = sample.input;
  const at::Tensor picture = sample.picture;
  for (int64_t frame = 0; frame < 3; ++frame) {
    sample.input.sample = whole.sample.slice(2, frame, frame + 1);
    sample.picture = picture.slice(2, frame, frame + 1);
    const controlnet_residuals one = sample.run();
    for (std::size_t i = 0; i < clip.down.size(); ++i)
      expect_near(clip.down[i].slice(2, frame, frame + 1), one.down[i]);
    expect_near(clip.mid.slice(2, frame, frame + 1), one.mid);
  }
}

TEST(ControlNet, OneRowOfTheConditionServesAll) {
  sample_run sample;
  sample.picture = sample.picture.slice(0, 0, 1);
  const controlnet_residuals one = sample.run();
  sample.picture = sample.picture.repeat({2, 1, 1, 1, 1});
  const controlnet_residuals repeated = sample.run();
  for (std::size_t i = 0; i < one.down.size(); ++i) expect_near(one.down[i], repeated.down[i]);
  expect_near(one.mid, repeated.mid);
}

TEST(ControlNet, GuessModeWeakensTheEarlyResiduals) {
  sample_run sample;
  const auto plain = all_of(sample.run());
  sample.input.guess_mode = true;
  sample.input.scale = 0.5;
  const auto guessed = all_of(sample.run());
  const double n = static_cast<double>(plain.size()) - 1;
  for (std::size_t j = 0; j < plain.size(); ++j)
    expect_near(guessed[j], plain[j] * (0.5 * std::pow(10.0, static_cast<double>(j) / n - 1)));
}

TEST(ControlNet, BgrSwapsTheChannelsOfThePicture) {
  sample_run rgb, bgr(with("controlnet_conditioning_channel_order", "bgr"));
  bgr.picture = rgb.picture.flip(1);
  EXPECT_TRUE(rgb.run().mid.equal(bgr.run().mid));
  rgb.picture = bgr.picture;
  EXPECT_FALSE(rgb.run().mid.equal(bgr.run().mid));
}

TEST(ControlNet, GlobalPoolingGivesMeansAndIgnoresGuessWeights) {
  sample_run plain, pooled(with("global_pool_conditions", true));
  pooled.input.guess_mode = true;
  const auto want = all_of(plain.run()), got = all_of(pooled.run());
  for (std::size_t i = 0; i < want.size(); ++i) expect_near(got[i], want[i].mean({3, 4}, /*keepdim=*/true));
}

TEST(ControlNet, MayTakeNoPooledText) {
  json tree = small();
  for (const char* key :
       {"addition_embed_type", "addition_time_embed_dim", "projection_class_embeddings_input_dim"})
    tree.erase(key);
  sample_run sample(tree);
  sample.input.text_embeds = sample.input.time_ids = at::Tensor();
  EXPECT_EQ(sample.run().mid.sizes(), (std::vector<int64_t>{2, 64, 3, 2, 3}));
}

// Zero convolutions let a gradient through to themselves, not beyond (Zhang et al. 2023, section 3.1).
TEST(ControlNet, AFreshOnesZeroConvolutionsLearnFirst) {
  sample_run sample(small(), /*zero_init=*/true);
  for (const parameter_slot& slot : sample.net.slots()) slot.tensor->requires_grad_();
  at::Tensor loss = at::zeros({});
  for (const at::Tensor& residual : all_of(sample.run())) loss = loss + (residual - 1).square().mean();
  loss.backward();
  for (const parameter_slot& slot : sample.net.slots()) {
    const bool zero_convolution =
        slot.name.starts_with("controlnet_down_blocks") || slot.name.starts_with("controlnet_mid_block");
    const bool moves = slot.tensor->grad().defined() && slot.tensor->grad().abs().max().item<double>() > 0;
    EXPECT_EQ(moves, zero_convolution) << slot.name;
  }
}

TEST(ControlNet, OnceTheyHaveMovedAllOfItLearns) {
  sample_run sample;
  for (const parameter_slot& slot : sample.net.slots()) slot.tensor->requires_grad_();
  sample.text = sample.net.project_text(generator(7).normal({2, 5, 12}));
  at::Tensor loss = at::zeros({});
  for (const at::Tensor& residual : all_of(sample.run())) loss = loss + residual.square().mean();
  loss.backward();
  for (const parameter_slot& slot : sample.net.slots()) {
    ASSERT_TRUE(slot.tensor->grad().defined()) << slot.name;
    EXPECT_GT(slot.tensor->grad().abs().max().item<double>(), 0) << slot.name;
  }
}

TEST(ControlNet, RefusesInputsThatDoNotFit) {
  sample_run sample;
  const at::Tensor picture = sample.picture;
  const auto refused = [&](const at::Tensor& condition, const std::string& wanted) {
    expect_refused(error_kind::usage, wanted, [&] { sample.net.embed_condition(condition); });
  };
  refused(picture.slice(1, 0, 2), "[2, 2, 3, 16, 24], wanted [batch, 3, frames, height, width]");
  refused(picture.slice(3, 0, 15), "multiples of 4");
  refused(picture.select(0, 0), "wanted [batch, 3, frames");
  sample.picture = picture.slice(4, 0, 20);
  expect_refused(error_kind::usage, "embedded condition of [2, 32, 3, 4, 5], wanted [2, 32, 3, 4, 6]",
                 [&] { sample.run(); });
  expect_refused(error_kind::usage, "got an embedded condition", [&] {
    sample.input.condition = at::Tensor();
    sample.net.forward(sample.input);
  });
  sample.input.text = nullptr;
  expect_refused(error_kind::usage, "controlnet: got projected text of 0 layers", [&] { sample.run(); });
}

TEST(ControlNet, RefusesConfigsThatCannotBeBuilt) {
  const auto refused = [](const json& tree, const std::string& wanted) {
    expect_refused(error_kind::bad_input, wanted, [&] { controlnet net(config(tree, "net.json")); });
  };
  refused(with("controlnet_conditioning_channel_order", "gbr"), "got 'gbr', wanted 'rgb' or 'bgr'");
  refused(with("conditioning_embedding_out_channels", json::array()),
          "conditioning_embedding_out_channels: wanted 1");
  refused(with("conditioning_channels", 0), "conditioning_channels");
  refused(with("encoder_hid_dim", 20), "encoder_hid_dim: not supported in a ControlNet");
  refused(with("down_block_types", {"DownBlock3D", "CrossAttnDownBlock3D"}), "no temporal layers");
  refused(with("block_out_channels", {32, 60}), "not divisible by norm_num_groups 8");
}

// As diffusers 0.42 counts them in a ControlNetModel of this configuration.
TEST(ControlNet, OfTheSdxlPresetHasThePublishedSize) {
  const model_preset preset = model_presets().find("controlnet-sdxl")();
  ASSERT_EQ(preset.components.size(), 1u);
  EXPECT_EQ(controlnet(config(preset.components[0].second)).parameter_count(), 1'251'014'160);
}

}  // namespace
}  // namespace zoetrope
