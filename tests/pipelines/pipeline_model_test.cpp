// Loading a model folder: parts that do not fit each other are found before any weights are read.
#include "pipelines/pipeline_model.hpp"

#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include <fstream>
#include <random>

#include "sample_models.hpp"

namespace zoetrope {
namespace {

namespace fs = std::filesystem;

/// A copy of the random model's folder, thrown away at the end.
class model_folder {
 public:
  model_folder() : root_(fs::path(testing::TempDir()) / unique_name()) {
    for (const auto& entry : fs::recursive_directory_iterator(random_model_folder())) {
      if (!entry.is_regular_file()) continue;
      const fs::path copy = root_ / fs::relative(entry.path(), random_model_folder());
      fs::create_directories(copy.parent_path());
      fs::copy_file(entry.path(), copy);
    }
  }
  ~model_folder() { fs::remove_all(root_); }
  model_folder(const model_folder&) = delete;

  void set(const std::string& file, const std::string& key, const json& value) {
    json tree = config::load(root_ / file).value();
    tree[key] = value;
    std::ofstream(root_ / file) << tree.dump(1);
  }
  text_to_video_model load() const {
    model_load_options options;
    options.weights = false;
    return load_text_to_video_model(model_directory::open(root_.string()), options);
  }

 private:
  static std::string unique_name() {
    const auto* test = testing::UnitTest::GetInstance()->current_test_info();
    return concat("zoetrope-", test->name(), "-", std::random_device()());
  }
  fs::path root_;
};

TEST(PipelineModel, LoadsAllParts) {
  const text_to_video_model& model = random_model();
  EXPECT_EQ(model.scheduler_class, "EulerDiscreteScheduler");
  EXPECT_EQ(model.scheduler_config.at("steps_offset"), 1);
  EXPECT_TRUE(model.force_zeros_for_empty_prompt);
  EXPECT_FALSE(shapes_model().force_zeros_for_empty_prompt);
  for (const parameter_slot& slot : model.unet->slots())
    EXPECT_EQ(slot.tensor->scalar_type(), at::kFloat) << slot.name;
}

TEST(PipelineModel, WithoutWeightsIsBuiltAndChecked) {
  const text_to_video_model model = model_folder().load();
  EXPECT_EQ(model.unet->cross_attention_dim(), 40);
  for (const parameter_slot& slot : model.unet->slots()) EXPECT_FALSE(slot.tensor->defined()) << slot.name;
}

TEST(PipelineModel, MayBeStableDiffusionXls) {
  model_folder folder;
  folder.set("model_index.json", "_class_name", "StableDiffusionXLPipeline");
  EXPECT_NO_THROW(folder.load());
}

TEST(PipelineModel, AnF16VaeThatOverflowsIsKeptInF32) {
  model_load_options options;
  options.weights = false;
  options.dtype = at::kHalf;
  const auto load = [&] {
    return load_text_to_video_model(model_directory::open(random_model_folder().string()), options);
  };
  EXPECT_EQ(load().vae_dtype, at::kFloat);  // force_upcast
  options.dtype = at::kBFloat16;
  EXPECT_EQ(load().vae_dtype, at::kBFloat16);
}

TEST(PipelineModel, SchedulersOfAnyClassReadTheModelsConfig) {
  const auto ddim = make_model_scheduler(random_model(), "DDIMScheduler", {{"timestep_spacing", "trailing"}});
  ddim->set_timesteps({.steps = 2});
  EXPECT_EQ(ddim->timesteps()[0].item<int64_t>(), 999);
  ZT_EXPECT_ERROR(bad_input, "did you mean 'DDIMScheduler'",
                  make_model_scheduler(random_model(), "DDIMSchedule"));
}

struct misfit {
  const char *file, *key;
  json value;
  const char* message;
};

class PipelineMisfit : public testing::TestWithParam<misfit> {};

TEST_P(PipelineMisfit, IsNamedWithBothFiles) {
  model_folder folder;
  folder.set(GetParam().file, GetParam().key, GetParam().value);
  ZT_EXPECT_ERROR(bad_input, GetParam().message, folder.load());
}

INSTANTIATE_TEST_SUITE_P(
    , PipelineMisfit,
    testing::Values(
        misfit{"model_index.json", "_class_name", "FluxPipeline", "class 'FluxPipeline' is not known here"},
        misfit{"model_index.json", "unet", {"diffusers", "FluxTransformer"}, "unet: class 'FluxTransformer'"},
        misfit{
            "model_index.json", "scheduler", {"diffusers", "DDIMSchedule"}, "did you mean 'DDIMScheduler'"},
        misfit{"unet/config.json", "cross_attention_dim", 48,
               "cross_attention_dim 48, but the hidden_size of "},
        misfit{"unet/config.json", "time_cond_proj_dim", 256, "time_cond_proj_dim: UNets with a guidance"},
        misfit{"text_encoder/config.json", "hidden_size", 20, "text_encoder_2/config.json add up to 44"},
        misfit{"text_encoder_2/config.json", "projection_dim", 24,
               "projection_class_embeddings_input_dim 64, wanted 72: the projection_dim of "},
        misfit{"unet/config.json", "in_channels", 9, "vae/config.json has latent_channels 4"},
        misfit{"text_encoder/config.json", "vocab_size", 1000, "1114 tokens, but "},
        misfit{"text_encoder_2/config.json", "max_position_embeddings", 64, "max_position_embeddings 64"},
        misfit{"tokenizer/tokenizer_config.json", "model_max_length", 32, "used side by side"},
        misfit{"scheduler/scheduler_config.json", "beta_schedule", "cubic", "cubic"},
        misfit{"vae/config.json", "force_upcast", "yes", "force_upcast"}),
    [](const auto& info) { return concat(info.index, "_", info.param.key); });

TEST(PipelineModel, WithoutWeightsStillFindsTensorsThatDoNotFit) {
  model_folder folder;
  folder.set("vae/config.json", "block_out_channels", {16, 24});
  ZT_EXPECT_ERROR(bad_input, "(got [16], wanted [24])", folder.load());
}

TEST(PipelineModel, NamesAMissingPart) {
  model_folder folder;
  folder.set("model_index.json", "text_encoder_2", json::array({nullptr, nullptr}));
  ZT_EXPECT_ERROR(bad_input, "text_encoder_2", folder.load());
}

}  // namespace
}  // namespace zoetrope
