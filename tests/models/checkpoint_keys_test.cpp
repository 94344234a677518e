// The numbering of the original blocks, against names and counts of the published checkpoints
// (sd_xl_base_1.0.safetensors, v1-5-pruned.safetensors).
#include "models/checkpoint_keys.hpp"

#include <gtest/gtest.h>

#include "foreign_parts.hpp"
#include "models/autoencoder_kl.hpp"
#include "models/clip_text_encoder.hpp"
#include "models/unet3d.hpp"

namespace zoetrope {
namespace {

config sd15_unet() {
  return config(
      json{{"_class_name", "UNet2DConditionModel"},
           {"block_out_channels", {320, 640, 1280, 1280}},
           {"attention_head_dim", 8},
           {"cross_attention_dim", 768},
           {"down_block_types",
            {"CrossAttnDownBlock2D", "CrossAttnDownBlock2D", "CrossAttnDownBlock2D", "DownBlock2D"}},
           {"up_block_types",
            {"UpBlock2D", "CrossAttnUpBlock2D", "CrossAttnUpBlock2D", "CrossAttnUpBlock2D"}}},
      "sd 1.5");
}

// Every slot of `part` is reached by the original name of its layer.
std::size_t slots_reached(const module& part, const layer_names& names, const key_map& keys) {
  std::size_t reached = 0;
  std::map<std::string, std::string> original;
  for (const auto& [theirs, ours] : names) original[ours] = theirs;
  for (const parameter_slot& slot : part.slots()) {
    const std::size_t dot = slot.name.rfind('.');
    const auto found = original.find(slot.name.substr(0, dot));
    if (found == original.end()) continue;
    const auto targets = keys(found->second + slot.name.substr(dot));
    reached += targets.size() == 1 && targets.front().slot == slot.name;
  }
  return reached;
}

TEST(CheckpointKeys, NumberTheBlocksOfSdxl) {
  const unet3d unet(sdxl_config("unet"));
  const layer_names names = original_unet_layers(unet);
  EXPECT_EQ(names.at("input_blocks.0.0"), "conv_in");
  EXPECT_EQ(names.at("time_embed.2"), "time_embedding.linear_2");
  EXPECT_EQ(names.at("label_emb.0.0"), "add_embedding.linear_1");
  EXPECT_EQ(names.at("input_blocks.3.0.op"), "down_blocks.0.downsamplers.0.conv");
  EXPECT_EQ(names.at("input_blocks.4.0.skip_connection"), "down_blocks.1.resnets.0.conv_shortcut");
  EXPECT_EQ(names.at("input_blocks.8.1.transformer_blocks.9.attn2.to_k"),
            "down_blocks.2.attentions.1.transformer_blocks.9.attn2.to_k");
  EXPECT_EQ(names.at("middle_block.1.proj_in"), "mid_block.attentions.0.proj_in");
  EXPECT_EQ(names.at("middle_block.2.emb_layers.1"), "mid_block.resnets.1.time_emb_proj");
  EXPECT_EQ(names.at("output_blocks.2.2.conv"), "up_blocks.0.upsamplers.0.conv");
  EXPECT_EQ(names.at("output_blocks.5.1.transformer_blocks.1.ff.net.0.proj"),
            "up_blocks.1.attentions.2.transformer_blocks.1.ff.net.0.proj");
  EXPECT_EQ(names.at("output_blocks.8.0.out_layers.3"), "up_blocks.2.resnets.2.conv2");
  EXPECT_EQ(names.at("out.2"), "conv_out");
  EXPECT_EQ(names.count("input_blocks.9.0.in_layers.0"), 0u);
  EXPECT_EQ(unet.slots().size(), 1680u);
  EXPECT_EQ(slots_reached(unet, names, original_unet_keys(unet)), 1680u);
}

TEST(CheckpointKeys, NumberTheBlocksOfStableDiffusion15) {
  const unet3d unet(sd15_unet());
  const layer_names names = original_unet_layers(unet);
  EXPECT_EQ(names.at("input_blocks.11.0.in_layers.2"), "down_blocks.3.resnets.1.conv1");
  EXPECT_EQ(names.at("output_blocks.2.1.conv"),
            "up_blocks.0.upsamplers.0.conv");  // a level without attention
  EXPECT_EQ(names.at("output_blocks.5.2.conv"), "up_blocks.1.upsamplers.0.conv");
  EXPECT_EQ(slots_reached(unet, names, original_unet_keys(unet)), 686u);
}

TEST(CheckpointKeys, LeaveTemporalLayersOut) {
  const unet3d unet(preset_config("hotshot-xl", "unet"));
  const layer_names names = original_unet_layers(unet);
  for (const auto& [original, ours] : names) EXPECT_EQ(ours.find("temporal"), std::string::npos) << ours;
  EXPECT_EQ(slots_reached(unet, names, original_unet_keys(unet)), 1680u);
}

TEST(CheckpointKeys, CountTheDecodersLevelsFromTheLargestImage) {
  const autoencoder_kl vae(sdxl_config("vae"));
  const layer_names names = original_vae_layers(vae);
  EXPECT_EQ(names.at("decoder.up.3.block.0.conv1"), "decoder.up_blocks.0.resnets.0.conv1");
  EXPECT_EQ(names.at("decoder.up.0.block.0.nin_shortcut"), "decoder.up_blocks.3.resnets.0.conv_shortcut");
  EXPECT_EQ(names.at("decoder.up.1.upsample.conv"), "decoder.up_blocks.2.upsamplers.0.conv");
  EXPECT_EQ(names.at("encoder.down.2.downsample.conv"), "encoder.down_blocks.2.downsamplers.0.conv");
  EXPECT_EQ(names.at("encoder.mid.block_2.norm1"), "encoder.mid_block.resnets.1.norm1");
  EXPECT_EQ(names.at("encoder.mid.attn_1.proj_out"), "encoder.mid_block.attentions.0.to_out.0");
  EXPECT_EQ(vae.slots().size(), 248u);
  EXPECT_EQ(slots_reached(vae, names, original_vae_keys(vae)), 248u);
}

TEST(CheckpointKeys, SplitOpenClipsFusedProjection) {
  const key_map keys = open_clip_keys();
  const auto fused = keys("transformer.resblocks.31.attn.in_proj_bias");
  ASSERT_EQ(fused.size(), 3u);
  EXPECT_EQ(fused[0].slot, "text_model.encoder.layers.31.self_attn.q_proj.bias");
  EXPECT_EQ(fused[1].slot, "text_model.encoder.layers.31.self_attn.k_proj.bias");
  EXPECT_EQ(fused[2].slot, "text_model.encoder.layers.31.self_attn.v_proj.bias");
  for (int64_t part = 0; part < 3; ++part) {
    EXPECT_EQ(fused[part].part, part);
    EXPECT_EQ(fused[part].parts, 3);
  }
  const auto projection = keys("text_projection");
  EXPECT_EQ(projection.front().slot, "text_projection.weight");
  EXPECT_TRUE(projection.front().transposed);
  EXPECT_TRUE(keys("logit_scale").empty());
}

TEST(CheckpointKeys, FillEverySlotOfTheSecondTextEncoder) {
  const clip_text_encoder encoder(sdxl_config("text_encoder_2"));
  std::vector<std::string> originals = {"token_embedding.weight", "positional_embedding", "ln_final.weight",
                                        "ln_final.bias", "text_projection"};
  for (int layer = 0; layer < 32; ++layer)
    for (const char* tensor : {"ln_1.weight", "ln_1.bias", "ln_2.weight", "ln_2.bias", "attn.in_proj_weight",
                               "attn.in_proj_bias", "attn.out_proj.weight", "attn.out_proj.bias",
                               "mlp.c_fc.weight", "mlp.c_fc.bias", "mlp.c_proj.weight", "mlp.c_proj.bias"})
      originals.push_back(concat("transformer.resblocks.", layer, ".", tensor));
  std::set<std::string> filled, wanted;
  for (const std::string& key : originals)
    for (const weight_target& target : open_clip_keys()(key)) filled.insert(target.slot);
  for (const parameter_slot& slot : encoder.slots()) wanted.insert(slot.name);
  EXPECT_EQ(filled, wanted);
}

TEST(CheckpointKeys, OfAnotherPrefixAreNotUsed) {
  const key_map keys =
      within("first_stage_model.", renaming([](const std::string& key) { return "x." + key; }));
  EXPECT_EQ(keys("first_stage_model.a.b").front().slot, "x.a.b");
  EXPECT_TRUE(keys("model_ema.a.b").empty());
}

TEST(CheckpointKeys, ThatNameNoLayerAreKeptForTheReport) {
  const unet3d unet(sd15_unet());
  const auto targets = original_unet_keys(unet)("input_blocks.12.0.in_layers.2.weight");
  ASSERT_EQ(targets.size(), 1u);
  EXPECT_EQ(targets.front().slot, "input_blocks.12.0.in_layers.2.weight");
}

}  // namespace
}  // namespace zoetrope
