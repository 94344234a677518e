// Trained adapters through a file of every layout: generation makes of it what the training model makes.
#include <gtest/gtest.h>

#include "core/tensor/weights.hpp"
#include "models/lora_layout.hpp"
#include "tests/training/lora_fixture.hpp"
#include "training/recipe.hpp"

namespace zoetrope {
namespace {

struct lora_file_case {
  const char* name;
  json options;
};

std::ostream& operator<<(std::ostream& out, const lora_file_case& each) { return out << each.name; }

class LoraFiles : public testing::TestWithParam<lora_file_case> {};

TEST_P(LoraFiles, GiveTheFramesOfTheTrainingModel) {
  const temporary_folder folder;
  json options = GetParam().options;
  options.update({{"rank", 4}, {"alpha", 6}});
  diffusion_task task = lora_task(options);
  descend(task, 3, 0.5);
  task.prepare(3);
  task.save(folder / "lora");
  const at::Tensor wanted = frames_of(task.model());
  const auto loaded = [&](double scale, bool merge) {
    return load_text_to_video_model(model_directory::open(tiny),
                                    {.loras = {{folder / "lora", scale}}, .merge_loras = merge});
  };
  EXPECT_GT((wanted - frames_of(loaded(0, true))).abs().max().item<float>(), 0.02);  // it shows
  EXPECT_LT((wanted - frames_of(loaded(1, false))).abs().max().item<float>(), 1e-5);
  EXPECT_LT((wanted - frames_of(loaded(1, true))).abs().max().item<float>(), 1e-3);
}

const json everything = {"unet.*.to_*",     "unet.*.conv1",  "unet.*.conv_shortcut",
                         "unet.*.ff.net.*", "unet.*.proj_*", "unet.time_embedding.*"};

INSTANTIATE_TEST_SUITE_P(
    Layouts, LoraFiles,
    testing::Values(
        lora_file_case{"diffusers",
                       {{"layout", "diffusers"}, {"text_encoders", true}, {"targets", everything}}},
        lora_file_case{"peft", {{"layout", "peft"}, {"targets", everything}}},
        lora_file_case{"kohya", {{"layout", "kohya"}, {"text_encoders", true}, {"targets", everything}}},
        lora_file_case{"animatediff", {{"layout", "animatediff"}, {"motion", true}}}),
    [](const auto& info) { return info.param.name; });

TEST(LoraFileNames, AreReadBackAsTheLayerThatTheyWereWrittenFor) {
  const training_model model = load_for_training(tiny);
  const lora_layer_names names(
      {{"unet", model.parts.unet.get()}, {"text_encoder", model.parts.text_encoder.get()}});
  const lora_layer projection{
      "unet", "up_blocks.0.temporal_attentions.1.transformer_blocks.0.attention_blocks.1.to_out.0"},
      text{"text_encoder", "text_model.encoder.layers.0.self_attn.q_proj"};
  for (const auto& layout : lora_layouts().entries())
    for (const lora_tensor tensor : {lora_tensor::down, lora_tensor::up}) {
      const lora_key read = parse_lora_key(lora_key_of(layout.make, projection, tensor));
      ASSERT_NE(names.find(read.layer), nullptr) << layout.name;
      EXPECT_EQ(*names.find(read.layer), projection);
      EXPECT_EQ(read.tensor, tensor);
    }
  EXPECT_EQ(
      lora_key_of(lora_layout::animatediff, projection, lora_tensor::down),
      "up_blocks.0.motion_modules.1.temporal_transformer.transformer_blocks.0.attention_blocks.1.processor."
      "to_out_lora.down.weight");
  EXPECT_EQ(lora_key_of(lora_layout::kohya, text, lora_tensor::alpha),
            "lora_te1_text_model_encoder_layers_0_self_attn_q_proj.alpha");
}

// https://github.com/huggingface/diffusers loaders/lora_base.py: <component>.<field of LoraConfig>
TEST(LoraFileHeader, TellsDiffusersRankAlphaAndLayers) {
  const temporary_folder folder;
  lora_task({{"rank", 2}, {"alpha", 8}, {"motion", true}, {"text_encoders", true}}).save(folder / "lora");
  const auto file = safetensors_file::open(folder / "lora" / "pytorch_lora_weights.safetensors");
  const json told = parse_json(file.metadata().at("lora_adapter_metadata"), "header");
  for (const char* component : {"unet", "text_encoder", "text_encoder_2"}) {
    EXPECT_EQ(told.at(std::string(component) + ".r"), 2);
    EXPECT_EQ(told.at(std::string(component) + ".lora_alpha"), 8);
  }
  EXPECT_EQ(told.at("text_encoder.target_modules").at(0), "encoder.layers.0.self_attn.k_proj");
}

TEST(LoraRecipe, LeavesTheAdaptersInTheirFolder) {
  const temporary_folder folder;
  const json recipe = {{"model", {{"pretrained", tiny}}},
                       {"data", lora_clips()},
                       {"steps", 1},
                       {"batch_size", 2},
                       {"lora", {{"rank", 2}}}};
  const auto result = run_recipe(config(recipe), {.folder = folder.path()});
  EXPECT_EQ(result, folder / "lora");
  EXPECT_TRUE(std::filesystem::exists(result / "pytorch_lora_weights.safetensors"));
  json stages = {{"model", recipe.at("model")}, {"stages", {recipe, recipe}}};
  stages["stages"][0]["name"] = "style";
  stages["stages"][1]["name"] = "more";
  for (json& stage : stages["stages"]) stage.erase("model");
  EXPECT_NE(
      failure_of([&] { run_recipe(config(stages), {.folder = folder / "two"}); }).find("leaves no model"),
      std::string::npos);
}

}  // namespace
}  // namespace zoetrope
