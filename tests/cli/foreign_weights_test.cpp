// `zoetrope generate` with LoRAs, another spatial base and a single-file checkpoint.
#include <ATen/ATen.h>

#include "core/tensor/weights.hpp"
#include "models/checkpoint_keys.hpp"
#include "models/unet3d.hpp"
#include "tests/cli/small_clips.hpp"
#include "tests/pipelines/original_checkpoint.hpp"

namespace zoetrope {
namespace {

namespace fs = std::filesystem;

const std::string layer = "down_blocks.1.attentions.0.transformer_blocks.0.attn1.to_v";

tensor_map tiny_unet() { return load_tensors(tiny_model / "unet/diffusion_pytorch_model.safetensors"); }

// A rank-1 LoRA for one layer of the box's UNet that takes `width` channels.
void put_lora(const temporary_folder& folder, const std::string& name, int64_t width) {
  save_tensors(folder / name, {{"unet." + layer + ".lora_A.weight", at::ones({1, width})},
                               {"unet." + layer + ".lora_B.weight", at::full({96, 1}, 4.0)}});
}

TEST(ForeignWeightsByFlag, ALoraCountsByItsScale) {
  const temporary_folder folder;
  put_lora(folder, "lora.safetensors", 96);
  const std::string plain = latents_of(folder, {});
  const std::string with = latents_of(folder, {"--lora", "lora.safetensors"});
  EXPECT_NE(with, plain);
  EXPECT_EQ(latents_of(folder, {"--lora", "lora.safetensors", "--lora_scale", "0"}), plain);
  EXPECT_EQ(
      latents_of(folder, {"--lora", "lora.safetensors", "--lora", "lora.safetensors", "--lora_scale", "1,0"}),
      with);
}

TEST(ForeignWeightsByFlag, ALoraBesideTheWeightsGivesTheSameButForRounding) {
  const temporary_folder folder;
  put_lora(folder, "lora.safetensors", 96);
  const auto latents = [&](const words& more) {
    folder.put("latents", latents_of(folder, more));
    return load_tensors(folder / "latents").at("latents").clone();
  };
  const at::Tensor merged = latents({"--lora", "lora.safetensors"});
  const at::Tensor beside = latents({"--lora", "lora.safetensors", "--lora_beside"});
  EXPECT_LT((merged - beside).abs().max().item<double>(), 1e-3);
  EXPECT_GT((merged - latents({})).abs().max().item<double>(), 1e-2);
}

TEST(ForeignWeightsByFlag, ALoraOfAnotherWidthIsRefusedByKeyGotAndWanted) {
  const temporary_folder folder;
  put_lora(folder, "lora.safetensors", 48);
  expect_refused(folder, {"--lora", "lora.safetensors"}, 3,
                 {"lora.safetensors", layer + ".lora_A.weight", "48", "96"});
  expect_refused(folder, {"--lora", "absent.safetensors"}, 3, {"absent.safetensors"});
  expect_refused(folder, {"--lora", "lora.safetensors", "--lora_scale", "1,2"}, 2, {"--lora_scale"});
}

TEST(ForeignWeightsByFlag, AnotherSpatialBaseKeepsTheTemporalLayers) {
  const temporary_folder folder;
  EXPECT_EQ(latents_of(folder, {"--spatial_unet_base", (tiny_model / "unet").string()}),
            latents_of(folder, {}));
  ASSERT_EQ(run({{"init", "--preset", "tiny", "base", "-q"}, folder.path()}).exit_code, 0);
  EXPECT_NE(latents_of(folder, {"--spatial_unet_base", "base"}), latents_of(folder, {}));
  expect_refused(folder, {"--spatial_unet_base", "absent"}, 3, {"spatial base absent"});
}

TEST(ForeignWeightsByFlag, ASingleFileNeedsACompanionAndAFolderNone) {
  const temporary_folder folder;
  put_lora(folder, "file.safetensors", 64);
  expect_refused(folder, {"--pretrained_path", "file.safetensors"}, 2, {"--companion", "needs one"});
  expect_refused(folder, {"--companion", tiny_model.string()}, 2, {"--companion", "is a folder"});
  expect_refused(folder, {"--pretrained_path", "file.safetensors", "--companion", tiny_model.string()}, 3,
                 {"file.safetensors"});
}

// The files of the UNet are not to blame for it.
TEST(ForeignWeightsByFlag, MotionThatDoesNotFitIsBlamedByItsOwnFile) {
  const temporary_folder folder;
  const auto expect_blamed = [&](const std::string& wanted, const auto& change) {
    tensor_map motion;
    for (auto [name, tensor] : tiny_unet())
      if (name.find(".temporal_attentions.") != std::string::npos) change(motion, name, tensor);
    save_tensors(folder / "motion.safetensors", motion);
    const auto result = run(
        {{"generate", "--prompt", "x", "--motion", "motion.safetensors", "--steps", "1", "--output", "x.gif"},
         folder.path()});
    EXPECT_EQ(result.exit_code, 3);
    EXPECT_TRUE(
        mentions(result.err,
                 "with motion.safetensors: motion.safetensors: the tensors are not this model's: " + wanted));
  };
  const std::string proj = "down_blocks.0.temporal_attentions.0.proj_in.weight";
  expect_blamed("1 missing: " + proj, [&](tensor_map& to, const std::string& name, const at::Tensor& tensor) {
    if (name != proj) to[name] = tensor;
  });
  expect_blamed(concat("1 misshapen: ", proj, " (got [32, 64], wanted [64, 64])"),
                [&](tensor_map& to, const std::string& name, const at::Tensor& tensor) {
                  to[name] = name == proj ? tensor.slice(0, 0, 32).contiguous() : tensor;
                });
}

// One frame has no temporal layers, in whichever model.
TEST(ForeignWeightsByFlag, ASingleFileIsAWholeModel) {
  const temporary_folder folder;
  save_tensors(folder / "model.safetensors",
               checkpoint_of(load_text_to_video_model(model_directory::open(tiny_model.string()))));
  const words one_frame{"--video_length", "1",
                        "--config",       (tiny_model / "generation_config.json").string(),
                        "--scheduler",    "default"};
  words from_file{"--pretrained_path", "model.safetensors", "--companion", tiny_model.string()};
  from_file.insert(from_file.end(), one_frame.begin(), one_frame.end());
  EXPECT_EQ(latents_of(folder, from_file), latents_of(folder, one_frame));
  from_file.insert(from_file.end(), {"--video_length", "8"});
  EXPECT_NE(latents_of(folder, from_file), latents_of(folder, {"--video_length", "8"}));
}

TEST(ForeignWeightsByFlag, ASpatialBaseMayBeASingleFileUnderOriginalNames) {
  const temporary_folder folder;
  const unet3d unet(config::load(tiny_model / "unet/config.json"));
  const tensor_map state = tiny_unet();
  tensor_map original;
  for (const auto& [theirs, ours] : original_unet_layers(unet))
    for (const std::string tensor : {".weight", ".bias"})
      if (const auto found = state.find(ours + tensor); found != state.end())
        original["model.diffusion_model." + theirs + tensor] = found->second;
  save_tensors(folder / "base.safetensors", original);
  EXPECT_EQ(latents_of(folder, {"--spatial_unet_base", "base.safetensors"}), latents_of(folder, {}));
}

}  // namespace
}  // namespace zoetrope
