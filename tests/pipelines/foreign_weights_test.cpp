// Loading weights that come from elsewhere: a single-file checkpoint, a spatial base, LoRA files.
#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include "../core/temporary_folder.hpp"
#include "core/tensor/weights.hpp"
#include "models/layers.hpp"
#include "original_checkpoint.hpp"
#include "pipelines/pipeline_model.hpp"
#include "sample_models.hpp"

namespace zoetrope {
namespace {

namespace fs = std::filesystem;

text_to_video_model load(const model_load_options& options) {
  return load_text_to_video_model(model_directory::open(random_model_folder().string()), options);
}

bool is_temporal(const std::string& slot) { return slot.find("temporal_") != std::string::npos; }

void expect_equal(const module& got, const module& want, double factor = 1.0) {
  const tensor_map wanted = state_of(want);
  for (const auto& [name, tensor] : state_of(got))
    EXPECT_TRUE(at::equal(tensor, wanted.at(name) * factor)) << name;
}

class ForeignWeights : public testing::Test {
 protected:
  fs::path put(const std::string& name, const tensor_map& tensors) const {
    save_tensors(folder / name, tensors);
    return folder / name;
  }
  // A UNet folder of its own whose weights are twice the random model's, its config with `changes`.
  fs::path doubled_unet(const json& changes) const {
    json options = config::load(random_model_folder() / "unet/config.json").value();
    options.update(changes);
    folder.put("base/config.json", options.dump());
    tensor_map state;
    for (const auto& [name, tensor] : state_of(*random_model().unet))
      if (!is_temporal(name)) state[name] = tensor * 2;
    put("base/diffusion_pytorch_model.safetensors", state);
    return folder / "base";
  }
  void expect_doubled_base(const text_to_video_model& model) const {
    const tensor_map own = state_of(*random_model().unet);
    for (const auto& [name, tensor] : state_of(*model.unet))
      EXPECT_TRUE(at::equal(tensor, is_temporal(name) ? own.at(name) : own.at(name) * 2)) << name;
  }
  const temporary_folder folder;
};

TEST_F(ForeignWeights, OfASingleFileAreThoseOfTheFolder) {
  const fs::path file = put("model.safetensors", checkpoint_of(random_model()));
  const text_to_video_model got = load_checkpoint_model(file, random_model_folder());
  expect_equal(*got.unet, *random_model().unet);
  expect_equal(*got.vae, *random_model().vae);
  expect_equal(*got.text_encoder, *random_model().text_encoder);
  expect_equal(*got.text_encoder_2, *random_model().text_encoder_2);
  EXPECT_EQ(got.unet->maximum_frames(), 0);  // no temporal layers
  EXPECT_EQ(got.scheduler_class, "EulerDiscreteScheduler");
}

TEST_F(ForeignWeights, OfASingleFileAreSdxlsUnlessTheFolderSaysOtherwise) {
  fs::create_directories(folder / "companion");
  for (const char* part : {"tokenizer", "tokenizer_2"})
    fs::copy(random_model_folder() / part, folder / "companion" / part);
  const fs::path file = put("model.safetensors", checkpoint_of(random_model()));
  const std::string failure = failure_of([&] { load_checkpoint_model(file, folder / "companion"); });
  EXPECT_TRUE(mentions(failure, "bad_input: "));
  EXPECT_TRUE(mentions(failure, "wanted [49408, 768]"));  // of CLIP-L
}

TEST_F(ForeignWeights, OfASingleFileMustBeWhole) {
  tensor_map file = checkpoint_of(random_model());
  std::erase_if(file,
                [](const auto& tensor) { return tensor.first.starts_with("conditioner.embedders.1."); });
  const fs::path path = put("model.safetensors", file);
  EXPECT_TRUE(mentions(failure_of([&] { load_checkpoint_model(path, random_model_folder()); }),
                       "no tensor's name starts with conditioner.embedders.1.model."));
}

TEST_F(ForeignWeights, OfASpatialBaseLeaveTemporalLayersAlone) {
  model_load_options options;
  options.spatial_unet_base =
      doubled_unet({{"_class_name", "UNet2DConditionModel"},
                    {"down_block_types", {"DownBlock2D", "CrossAttnDownBlock2D", "CrossAttnDownBlock2D"}},
                    {"up_block_types", {"CrossAttnUpBlock2D", "CrossAttnUpBlock2D", "UpBlock2D"}},
                    {"mid_block_type", "UNetMidBlock2DCrossAttn"}});
  expect_doubled_base(load(options));
}

TEST_F(ForeignWeights, OfASpatialBaseMayBeASingleFile) {
  tensor_map file;
  add_originals(file, "model.diffusion_model.", *random_model().unet,
                original_unet_layers(*random_model().unet));
  for (auto& [name, tensor] : file) tensor = tensor * 2;
  model_load_options options;
  options.spatial_unet_base = put("base.safetensors", file);
  expect_doubled_base(load(options));
}

TEST_F(ForeignWeights, OfASpatialBaseMustBeOfTheModelsWidths) {
  model_load_options options;
  options.weights = false;
  options.spatial_unet_base = doubled_unet({{"block_out_channels", {32, 32, 64}}});
  const std::string failure = failure_of([&] { load(options); });
  EXPECT_TRUE(mentions(failure, "bad_input: "));
  EXPECT_TRUE(mentions(failure, "base/config.json has block_out_channels [32, 32, 64], wanted [32, 32, 32]"));
  options.spatial_unet_base = doubled_unet({{"attention_head_dim", {2, 4, 8}}});
  EXPECT_TRUE(mentions(failure_of([&] { load(options); }), "attention_head_dim [0, 4, 8], wanted [0, 4, 4]"));
}

TEST_F(ForeignWeights, OfASpatialFileAreCheckedByTheirShapes) {
  tensor_map file;
  add_originals(file, "model.diffusion_model.", *random_model().unet,
                original_unet_layers(*random_model().unet));
  file["model.diffusion_model.out.2.weight"] = at::ones({4, 16, 3, 3});
  model_load_options options;
  options.weights = false;  // found on the header alone
  options.spatial_unet_base = put("base.safetensors", file);
  const std::string failure = failure_of([&] { load(options); });
  EXPECT_TRUE(mentions(failure, "spatial base "));
  EXPECT_TRUE(mentions(failure, "conv_out.weight (got [4, 16, 3, 3], wanted [4, 32, 3, 3])"));
}

TEST_F(ForeignWeights, OfLorasChangeUnetAndTextEncoders) {
  const std::string query = "up_blocks.0.temporal_attentions.0.transformer_blocks.0.attention_blocks.0.to_q";
  const std::string text = "text_model.encoder.layers.1.mlp.fc1";
  const at::Tensor up = at::ones({32, 1}), down = at::ones({1, 32});
  model_load_options options;
  options.loras = {
      {put("motion.safetensors", {{"unet." + query + ".lora_A.weight", down},
                                  {"unet." + query + ".lora_B.weight", up},
                                  {"text_encoder." + text + ".lora_A.weight", at::ones({1, 16})},
                                  {"text_encoder." + text + ".lora_B.weight", at::ones({48, 1})}}),
       0.5}};
  const text_to_video_model merged = load(options);
  const tensor_map unet = state_of(*random_model().unet), encoder = state_of(*random_model().text_encoder);
  for (const auto& [name, tensor] : state_of(*merged.unet))
    EXPECT_TRUE(at::equal(tensor, name == query + ".weight" ? unet.at(name) + 0.5 : unet.at(name))) << name;
  for (const auto& [name, tensor] : state_of(*merged.text_encoder))
    EXPECT_TRUE(at::equal(tensor, name == text + ".weight" ? encoder.at(name) + 0.5 : encoder.at(name)))
        << name;

  options.merge_loras = false;
  const text_to_video_model beside = load(options);
  expect_equal(*beside.unet, *random_model().unet);
  EXPECT_EQ(dynamic_cast<const weighted_layer&>(*beside.unet->find_child(query)).adapters.size(), 1u);
}

TEST_F(ForeignWeights, OfALoraThatDoesNotFitAreFoundWithoutReadingWeights) {
  model_load_options options;
  options.weights = false;
  options.loras = {{put("wide.safetensors", {{"unet.conv_out.lora_A.weight", at::ones({2, 320, 3, 3})},
                                             {"unet.conv_out.lora_B.weight", at::ones({4, 2, 1, 1})}}),
                    1.0}};
  EXPECT_TRUE(mentions(failure_of([&] { load(options); }),
                       "got [2, 320, 3, 3], wanted [2, 32, 3, 3] (unet.conv_out)"));
}

TEST_F(ForeignWeights, CanBeFilledAgainFromTheModelsSources) {
  text_to_video_model model = load({});
  ASSERT_EQ(model.sources.size(), 4u);
  model.unet->release();
  model.sources.at("unet")->fill();
  expect_equal(*model.unet, *random_model().unet);
}

}  // namespace
}  // namespace zoetrope
