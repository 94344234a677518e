// Trainings on the device that their config names: on a GPU they do what they do on the CPU, up to rounding.
// A program of its own: autograd counts GPUs at its first backward pass, before which the GPU must be open.
#include <ATen/ATen.h>
#include <ATen/Context.h>
#include <gtest/gtest.h>

#include "core/cuda/kernel_library.hpp"
#include "core/tensor/device.hpp"
#include "core/tensor/weights.hpp"
#include "tests/core/temporary_folder.hpp"
#include "training/recipe.hpp"

namespace zoetrope {
namespace {

constexpr const char* tiny = ZOETROPE_SOURCE_DIR "/assets/tiny";

json recipe_of(const json& changes, const std::string& device) {
  const json shapes = {{"type", "shapes"}, {"width", 32}, {"height", 32}, {"frames", 8}, {"examples", 8}};
  json recipe = {{"model", {{"pretrained", tiny}}},
                 {"device", device},
                 {"data", shapes},
                 {"steps", 4},
                 {"batch_size", 2},
                 {"checkpoint_every", 2},
                 {"saved_precision", "f32"},
                 {"learning_rate", {{"learning_rate", 1e-4}}}};
  recipe.update(changes);
  return recipe;
}

std::vector<double> losses_of(const json& changes, const std::string& device) {
  const temporary_folder folder;
  std::vector<double> losses;
  recipe_run run{.folder = folder.path()};
  run.on_step = [&](const std::string&, const training_progress& at) { losses.push_back(at.loss); };
  run_recipe(config(recipe_of(changes, device)), run);
  return losses;
}

class TrainingDevice : public testing::TestWithParam<std::string> {
 protected:
  TrainingDevice() : tf32_(at::globalContext().allowTF32CuDNN()) {
    at::globalContext().setAllowTF32CuDNN(false);  // 10 bits would not be rounding
  }
  ~TrainingDevice() override { at::globalContext().setAllowTF32CuDNN(tf32_); }

  void SetUp() override {
    if (GetParam() == "cuda" && !has_gpu_) GTEST_SKIP() << "needs a GPU: " << open_cuda().problem;
  }
  void expect_losses_of_the_cpu(const json& changes) const {
    const std::vector<double> wanted = losses_of(changes, "cpu"), got = losses_of(changes, GetParam());
    ASSERT_EQ(got.size(), wanted.size());
    for (std::size_t i = 0; i < got.size(); ++i) EXPECT_NEAR(got[i], wanted[i], 1e-4) << "step " << i;
  }

 private:
  const bool has_gpu_ = open_cuda().torch;  // first of all
  const bool tf32_;
};
INSTANTIATE_TEST_SUITE_P(Devices, TrainingDevice, testing::Values("cpu", "cuda"),
                         [](const auto& info) { return info.param; });

TEST_P(TrainingDevice, TrainsWeightsWithAllThatALossKnows) {
  expect_losses_of_the_cpu({{"train", {"unet.*", "text_encoder*"}},
                            {"ema", {{"decay", 0.5}}},
                            {"objective", {{"snr_gamma", 5.0}, {"noise_offset", 0.1}}},
                            {"caption_dropout", 0.5},
                            {"micro_batches", 2},
                            {"workers", 2},
                            {"optimizer", {{"type", "adamw8bit"}}}});
}

TEST_P(TrainingDevice, LooksAtHeldOutClipsAndKeepsLatentsOnTheDisk) {
  const temporary_folder cache;
  const json held_out = {{"type", "shapes"}, {"width", 32},   {"height", 32},
                         {"frames", 8},      {"examples", 2}, {"seed", 9}};
  expect_losses_of_the_cpu({{"validation", held_out},
                            {"evaluation", {{"gap_clips", 1}, {"samples", 1}, {"steps", 2}}},
                            {"cache", cache.path().string()},
                            {"recompute", true}});
}

TEST_P(TrainingDevice, TrainsAdapters) { expect_losses_of_the_cpu({{"lora", {{"rank", 4}}}}); }

TEST_P(TrainingDevice, TeachesAWord) {
  expect_losses_of_the_cpu(
      {{"textual_inversion", {{"word", "<star>"}, {"initializer", "red circle"}, {"replaces", "moving"}}}});
}

TEST_P(TrainingDevice, TrainsTheEncoderOfAVae) {
  expect_losses_of_the_cpu({{"task", "vae"}, {"train", {"vae.encoder*"}}});
}

// Frozen weights are held in the compute dtype, and saved as they were.
TEST_P(TrainingDevice, InSixteenBitsLeavesFrozenWeightsAlone) {
  const temporary_folder folder;
  const auto model =
      run_recipe(config(recipe_of({{"precision", "bf16"}}, GetParam())), {.folder = folder.path()});
  const auto weights = [](const std::filesystem::path& of) {
    return load_tensors(of / "unet" / "diffusion_pytorch_model.safetensors");
  };
  const tensor_map before = weights(tiny), after = weights(model);
  int64_t changed = 0;
  for (const auto& [name, tensor] : before) {
    const bool same = at::equal(after.at(name), tensor.to(at::kFloat));
    EXPECT_TRUE(same || name.find("temporal") != std::string::npos) << name;
    changed += !same;
  }
  EXPECT_GT(changed, 0);
}

TEST_P(TrainingDevice, ResumedIsUninterruptedAndTheDeviceIsRecorded) {
  const temporary_folder whole, cut;
  const json changes = {{"ema", {{"decay", 0.5}}}, {"checkpoint_every", 2}};
  const config recipe(recipe_of(changes, GetParam()));
  const auto wanted = run_recipe(recipe, {.folder = whole.path()});
  recipe_run run{.folder = cut.path()};
  run.on_step = [](const std::string&, const training_progress& at) {
    if (at.step == 3) throw std::runtime_error("killed");
  };
  EXPECT_THROW(run_recipe(recipe, run), std::runtime_error);
  const auto got = run_recipe(recipe, {.folder = cut.path(), .resume = resume_mode::latest});
  const tensor_map resumed = load_tensors(got / "unet" / "diffusion_pytorch_model.safetensors");
  for (const auto& [name, tensor] : load_tensors(wanted / "unet" / "diffusion_pytorch_model.safetensors"))
    EXPECT_LE((resumed.at(name) - tensor).abs().max().item<double>(), GetParam() == "cpu" ? 0 : 1e-5) << name;
  EXPECT_EQ(config::load(cut / "stage.json").get<std::string>("device"), parse_device(GetParam()).str());
}

TEST(NoSuchTrainingDevice, OneThatIsNotThereIsAnErrorBeforeAnythingIsWritten) {
  for (const std::string name : {"gpu", "cuda:99"}) {
    const temporary_folder folder;
    try {
      run_recipe(config(recipe_of(json::object(), name)), {.folder = folder / "run"});
      ADD_FAILURE() << name;
    } catch (const error& failure) {
      EXPECT_EQ(failure.kind(), error_kind::usage);
      EXPECT_NE(std::string(failure.what()).find(name), std::string::npos) << failure.what();
    }
    EXPECT_FALSE(std::filesystem::exists(folder / "run"));
  }
}

}  // namespace
}  // namespace zoetrope
