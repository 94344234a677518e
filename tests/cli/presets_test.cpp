// The presets' shapes. Published sizes: SDXL's UNet, VAE and text encoders as diffusers and transformers
// count them; Hotshot-XL's 15 temporal transformers have 22 C^2 + 21 C parameters each, five at each of three
// widths.
#include "models/presets.hpp"

#include <gtest/gtest.h>

#include "models/autoencoder_kl.hpp"
#include "models/clip_text_encoder.hpp"
#include "models/unet3d.hpp"
#include "tests/core/temporary_folder.hpp"

namespace zoetrope {
namespace {

config component(const model_preset& preset, const std::string& wanted) {
  for (const auto& [name, options] : preset.components)
    if (name == wanted) return config(options, name);
  throw std::runtime_error("no " + wanted);
}

TEST(Presets, HotshotXlHasTheReleasedModelsParameterCounts) {
  const model_preset preset = model_presets().find("hotshot-xl")();
  int64_t temporal = 0;
  for (const int64_t c : {320, 640, 1280}) temporal += 5 * (22 * c * c + 21 * c);
  EXPECT_EQ(temporal, 236'779'200);
  EXPECT_EQ(unet3d(component(preset, "unet")).parameter_count(), 2'567'463'684 + temporal);
  EXPECT_EQ(autoencoder_kl(component(preset, "vae")).parameter_count(), 83'653'863);
  EXPECT_EQ(clip_text_encoder(component(preset, "text_encoder")).parameter_count(), 123'060'480);
  EXPECT_EQ(clip_text_encoder(component(preset, "text_encoder_2")).parameter_count(), 694'659'840);
}

// 22 C^2 + 21 C each, and published: motion modules of 417 (v1, v3), 453 (v2) and 237 million parameters
// (SDXL) on the 859,520,964 of Stable Diffusion 1.5 and the 2,567,463,684 of SDXL.
TEST(Presets, AnimateDiffHasThePublishedParameterCounts) {
  const auto modules = [](const std::vector<int64_t>& widths, int64_t count) {
    int64_t total = 0;
    for (const int64_t c : widths) total += count * (22 * c * c + 21 * c);
    return total;
  };
  const auto count_of = [](const char* preset) {
    return unet3d(component(model_presets().find(preset)(), "unet")).parameter_count();
  };
  const int64_t first = modules({320, 640, 1280, 1280}, 5);
  EXPECT_EQ(count_of("animatediff-v1"), 859'520'964 + first);
  EXPECT_EQ(count_of("animatediff-v3"), 859'520'964 + first);
  EXPECT_EQ(count_of("animatediff-v2"), 859'520'964 + first + modules({1280}, 1));
  EXPECT_EQ(count_of("animatediff-sdxl"), 2'567'463'684 + modules({320, 640, 1280}, 5));
}

std::vector<int64_t> shape_of(const unet3d& unet, const std::string& slot) {
  for (const parameter_slot& one : unet.slots())
    if (one.name == slot) return one.shape;
  return {};
}

// openaimodel3d.py gives init_attn 8 heads of num_head_channels, 64: 512 channels inside, of 320.
TEST(Presets, VideoCrafterHasWideAttentionBehindTheFirstConvolution) {
  const unet3d unet(component(model_presets().find("videocrafter2")(), "unet"));
  EXPECT_EQ(shape_of(unet, "temporal_in.proj_in.weight"), (std::vector<int64_t>{512, 320}));
  EXPECT_EQ(shape_of(unet, "down_blocks.1.temporal_attentions.0.proj_in.weight"),
            (std::vector<int64_t>{640, 640}));
}

// imagen_video.py attends over frames in every layer, whatever layer_attns says of pixels, and behind
// init_conv: 8 heads of 64.
TEST(Presets, ImagenVideoAttendsOverFramesEverywhere) {
  const unet3d unet(component(model_presets().find("imagen-video")(), "unet"));
  for (const char* place : {"temporal_in", "down_blocks.0.temporal_attentions.0",
                            "mid_block.temporal_attentions.0", "up_blocks.3.temporal_attentions.2"})
    EXPECT_EQ(shape_of(unet, concat(place, ".proj_in.weight"))[0], 512) << place;
  EXPECT_TRUE(shape_of(unet, "down_blocks.0.attentions.0.proj_in.weight").empty());
}

TEST(Presets, EveryUnetIsBuilt) {
  for (const auto& preset : model_presets().entries())
    for (const auto& [name, options] : preset.make().components)
      if (name == "unet") {
        const unet3d unet(config(options, preset.name));
        EXPECT_GT(unet.parameter_count(), 1'000'000) << preset.name;
      }
}

TEST(Presets, ATreeChangesOnlyTheKeysThatItNames) {
  const model_preset base = model_presets().find("tiny")();
  const model_preset changed = merged(
      base, config::from_yaml("unet: {layers_per_block: 2}\nscheduler: {_class_name: LCMScheduler}", "tree"));
  json want = to_json(base);
  want["unet"]["layers_per_block"] = 2;
  want["scheduler"]["_class_name"] = "LCMScheduler";
  want["model_index"]["scheduler"][1] = "LCMScheduler";
  EXPECT_EQ(to_json(changed), want);
}

TEST(Presets, ATreeWithAnUnknownPartIsRefused) {
  const std::string message =
      failure_of([] { merged(model_presets().find("tiny")(), config::from_yaml("unett: {a: 1}", "tree")); });
  EXPECT_TRUE(mentions(message, "unett"));
}

}  // namespace
}  // namespace zoetrope
