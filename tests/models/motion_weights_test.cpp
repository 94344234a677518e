// Temporal weights by themselves: every family's names reach the same slots, and a file says how its modules
// are built.
#include "models/motion_weights.hpp"

#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include "../core/temporary_folder.hpp"
#include "core/tensor/weights.hpp"
#include "models/motion_keys.hpp"

namespace zoetrope {
namespace {

const std::string slot = "down_blocks.1.temporal_attentions.0.transformer_blocks.0.";

TEST(MotionKeys, NameOneTensorThreeWays) {
  EXPECT_EQ(animatediff_name(slot + "attention_blocks.1.to_q.weight"),
            "down_blocks.1.motion_modules.0.temporal_transformer.transformer_blocks.0.attention_blocks.1.to_"
            "q.weight");
  EXPECT_EQ(motion_adapter_name(slot + "attention_blocks.1.to_q.weight"),
            "down_blocks.1.motion_modules.0.transformer_blocks.0.attn2.to_q.weight");
  EXPECT_EQ(motion_adapter_name(slot + "norms.0.bias"),
            "down_blocks.1.motion_modules.0.transformer_blocks.0.norm1.bias");
  EXPECT_EQ(motion_adapter_name(slot + "ff_norm.weight"),
            "down_blocks.1.motion_modules.0.transformer_blocks.0.norm3.weight");
  EXPECT_EQ(motion_adapter_name("mid_block.temporal_attentions.0.proj_out.bias"),
            "mid_block.motion_modules.0.proj_out.bias");
  EXPECT_EQ(animatediff_name(slot + "attention_blocks.0.pos_encoder.positional_encoding"),
            "down_blocks.1.motion_modules.0.temporal_transformer.transformer_blocks.0.attention_blocks.0.pos_"
            "encoder.pe");
  EXPECT_EQ(animatediff_name("conv_in.weight"), "");
}

json image_unet() {
  return {{"_class_name", "UNet2DConditionModel"},
          {"down_block_types", {"DownBlock2D", "CrossAttnDownBlock2D"}},
          {"up_block_types", {"CrossAttnUpBlock2D", "UpBlock2D"}},
          {"block_out_channels", {32, 64}},
          {"layers_per_block", 1},
          {"norm_num_groups", 8},
          {"attention_head_dim", {2, 4}},
          {"cross_attention_dim", 12}};
}

class MotionFile : public testing::Test {
 protected:
  // The temporal tensors of a UNet under the names of a family, as a file.
  std::filesystem::path written(const json& temporal, std::string (*name)(const std::string&)) {
    json tree = image_unet();
    tree["_class_name"] = "UNet3DConditionModel";
    tree["down_block_types"] = {"DownBlock3D", "CrossAttnDownBlock3D"};
    tree["up_block_types"] = {"CrossAttnUpBlock3D", "UpBlock3D"};
    tree["temporal"] = temporal;
    original_ = std::make_unique<unet3d>(config(tree));
    generator random(5);
    original_->initialize(random);
    tensor_map tensors;
    for (const parameter_slot& part : original_->slots())
      if (const std::string key = name(part.name); !key.empty()) tensors[key] = *part.tensor;
    const auto file = folder_.path() / "motion.safetensors";
    save_tensors(file, tensors);
    return file;
  }
  void expect_same_weights(const motion_weights& motion) {
    const unet3d unet(config(with_motion(image_unet(), motion)));
    const key_map keys = motion_keys(unet);
    std::map<std::string, at::Tensor> wanted;
    for (const parameter_slot& part : original_->slots()) wanted[part.name] = *part.tensor;
    std::size_t filled = 0, temporal = 0;
    for (const parameter_slot& part : unet.slots()) temporal += is_motion_key(part.name);
    for (const stored_tensor& stored : motion.files[0].tensors())
      for (const weight_target& target : keys(stored.name)) {
        ++filled;
        ASSERT_TRUE(wanted.count(target.slot)) << target.slot;
        EXPECT_TRUE(at::equal(as_tensor(motion.files[0], stored), wanted[target.slot])) << target.slot;
      }
    EXPECT_EQ(filled, temporal);
  }
  temporary_folder folder_;
  std::unique_ptr<unet3d> original_;
};

std::string hotshot_name(const std::string& ours) { return is_motion_key(ours) ? ours : ""; }

TEST_F(MotionFile, OfHotshot) {
  const motion_weights motion = open_motion_weights(written(json::object(), hotshot_name));
  EXPECT_EQ(motion.origin, motion_weights::family::hotshot);
  EXPECT_EQ(motion.norm_scope, "clip");
  EXPECT_EQ(motion.modules, 6);
  EXPECT_EQ(motion.temporal["maximum_frames"], 24);
  EXPECT_EQ(motion.temporal["placement"], (json{"down", "up"}));
  expect_same_weights(motion);
}

TEST_F(MotionFile, OfAnimateDiffVersionTwoHasAMiddleAndLongerTables) {
  const motion_weights motion = open_motion_weights(
      written({{"maximum_frames", 32}, {"placement", {"down", "mid", "up"}}}, animatediff_name));
  EXPECT_EQ(motion.origin, motion_weights::family::animatediff);
  EXPECT_EQ(motion.norm_scope, "frame");
  EXPECT_EQ(motion.temporal["maximum_frames"], 32);
  EXPECT_EQ(motion.temporal["placement"], (json{"down", "mid", "up"}));
  EXPECT_NE(describe(motion).find("7 modules (down, mid, up), at most 32 frames"), std::string::npos)
      << describe(motion);
  expect_same_weights(motion);
}

TEST_F(MotionFile, OfAnimateDiffVersionOneNormsOverTheClip) {
  EXPECT_EQ(open_motion_weights(written(json::object(), animatediff_name)).norm_scope, "clip");
}

TEST_F(MotionFile, OfAnAdapterSharesOneTableForBothAttentions) {
  const motion_weights motion =
      open_motion_weights(written({{"maximum_frames", 16}, {"depth", 2}}, motion_adapter_name));
  EXPECT_EQ(motion.origin, motion_weights::family::motion_adapter);
  EXPECT_EQ(motion.temporal["norm_scope"], "clip");
  EXPECT_EQ(motion.temporal["depth"], 2);
  expect_same_weights(motion);
}

TEST_F(MotionFile, WithoutPositionsOrInTheDecoderAlone) {
  const motion_weights motion = open_motion_weights(
      written({{"position", {{"type", "none"}}}, {"placement", {"up"}}}, animatediff_name));
  EXPECT_EQ(motion.temporal["position"]["type"], "none");
  EXPECT_EQ(motion.temporal["placement"], json{"up"});
  expect_same_weights(motion);
}

TEST_F(MotionFile, OfSomethingElseIsRefused) {
  const auto file = folder_.path() / "lora.safetensors";
  save_tensors(file, {{"down_blocks.0.resnets.0.conv1.weight", at::zeros({2, 2})}});
  try {
    open_motion_weights(file);
    FAIL() << "no error";
  } catch (const error& failure) {
    EXPECT_EQ(failure.kind(), error_kind::bad_input);
    EXPECT_NE(std::string(failure.what()).find("no temporal weights"), std::string::npos) << failure.what();
  }
}

TEST_F(MotionFile, WithModulesThatDifferIsRefused) {
  written(json::object(), animatediff_name);
  tensor_map tensors = load_tensors(folder_.path() / "motion.safetensors");
  tensors[animatediff_name("mid_block.temporal_attentions.0.proj_in.weight")] = at::zeros({64, 64});
  save_tensors(folder_.path() / "mixed.safetensors", tensors);
  EXPECT_THROW(open_motion_weights(folder_.path() / "mixed.safetensors"), error);
}

}  // namespace
}  // namespace zoetrope
