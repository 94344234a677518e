// Whole runs layer by layer: equal ones, one with a planted weight, another precision's noise, what the
// Python original recorded, and runs that cannot be compared.
#include "eval/lockstep_diff.hpp"

#include <ATen/ATen.h>

#include <algorithm>

#include "core/tensor/weights.hpp"
#include "eval/recorded_activations.hpp"
#include "eval/reference_kinds/pipeline_case.hpp"
#include "tests/core/temporary_folder.hpp"

namespace zoetrope {
namespace {

const std::filesystem::path root = ZOETROPE_SOURCE_DIR;

text_to_video_model tiny() {
  return load_text_to_video_model(model_directory::open((root / "assets/tiny").string()));
}

const text_to_video_model& tiny_model() {
  static const text_to_video_model model = tiny();
  return model;
}

// Each run of a lockstep has its own.
const text_to_video_model& twin_model() {
  static const text_to_video_model model = tiny();
  return model;
}

text_to_video_call short_call() {
  return {.prompts = {"a red circle moving left"},
          .width = 32,
          .height = 32,
          .video_length = 3,
          .steps = 2,
          .seeds = {4}};
}

bool compared(const activation_diff& diff, int64_t step, const std::string& layer) {
  return std::any_of(diff.errors().begin(), diff.errors().end(),
                     [&](const auto& error) { return error.step == step && error.layer == layer; });
}

TEST(LockstepDiff, EqualRunsAgreeToTheBitInEveryLayer) {
  text_to_video_call in_turn = short_call();
  in_turn.memory.guidance_in_turn = true;  // leaves the clip as it is, and so each layer
  const activation_diff diff = diff_in_lockstep({tiny_model(), short_call()}, {twin_model(), in_turn}, {});
  EXPECT_EQ(diff.first(), nullptr);
  EXPECT_TRUE(diff.only_in_a().empty() && diff.only_in_b().empty() && diff.misfits().empty());
  EXPECT_GT(diff.errors().size(), 50u);
  for (const char* layer :
       {"conv_in", "down_blocks.0.resnets.0", "up_blocks.0.temporal_attentions.0",
        "up_blocks.0.temporal_attentions.0.transformer_blocks.0.attention_blocks.0", "unet", "latents"})
    for (const int64_t step : {1, 2}) EXPECT_TRUE(compared(diff, step, layer)) << step << " " << layer;
  EXPECT_TRUE(compared(diff, 0, "text_encoder.text_model.encoder.layers.0"));
  EXPECT_TRUE(compared(diff, 3, "vae.decoder.mid_block"));
  EXPECT_TRUE(compared(diff, 3, "video"));
}

TEST(LockstepDiff, NamesThePlantedLayer) {
  const text_to_video_model other = tiny();
  at::Tensor& weight = *[&] {
    for (const parameter_slot& slot : other.unet->slots())
      if (slot.name == "mid_block.resnets.0.conv1.weight") return slot.tensor;
    return static_cast<at::Tensor*>(nullptr);
  }();
  weight = weight.clone();
  weight[0][0][1][1].add_(0.5);  // the middle: at 1 x 1 pixel all others see padding
  std::vector<int64_t> steps;
  const activation_diff diff = diff_in_lockstep({tiny_model(), short_call()}, {other, short_call()},
                                                {.on_step = [&](int64_t done, int64_t count) {
                                                  steps.push_back(done);
                                                  return count == 2;
                                                }});
  ASSERT_NE(diff.first(), nullptr);
  EXPECT_EQ(diff.first()->layer, "mid_block.resnets.0");
  EXPECT_EQ(diff.first()->step, 1);
  EXPECT_EQ(steps, (std::vector<int64_t>{1, 2, 2}));
}

TEST(LockstepDiff, OnlyTheLayersAskedFor) {
  const activation_diff diff = diff_in_lockstep({tiny_model(), short_call()}, {twin_model(), short_call()},
                                                {.layers = {"mid_block.resnets.1", "latents"}});
  ASSERT_EQ(diff.errors().size(), 5u);
  EXPECT_EQ(diff.errors()[0].layer, "mid_block.resnets.1");
  EXPECT_EQ(diff.errors()[3].layer, "latents");
  EXPECT_EQ(diff.errors()[4].layer, "vae.decoder.mid_block.resnets.1");
}

TEST(LockstepDiff, AnotherPrecisionGetsTheSameNoise) {
  model_load_options rough;
  rough.dtype = at::kBFloat16;
  const text_to_video_model other =
      load_text_to_video_model(model_directory::open((root / "assets/tiny").string()), rough);
  text_to_video_call call = short_call();
  call.scheduler_class = "EulerAncestralDiscreteScheduler";  // draws noise in each step
  const activation_diff diff = diff_in_lockstep({tiny_model(), call}, {other, call}, {.layers = {"latents"}});
  ASSERT_EQ(diff.errors().size(), 2u);
  // Other noise would be about sqrt(2) away; bf16 has 8 bits.
  for (const activation_error& error : diff.errors()) {
    EXPECT_GT(error.relative, 0);
    EXPECT_LT(error.relative, 0.2);
  }
}

TEST(LockstepDiff, RunsThatAreNotAtTheSamePlaceAreRefused) {
  const auto refusal = [](const std::function<void(text_to_video_call&)>& change) {
    text_to_video_call other = short_call();
    change(other);
    return failure_of([&] { diff_in_lockstep({tiny_model(), short_call()}, {twin_model(), other}, {}); });
  };
  EXPECT_TRUE(
      mentions(refusal([](auto& call) { call.steps = 3; }), "usage: diff: steps: 2 in the first run, 3"));
  EXPECT_TRUE(
      mentions(refusal([](auto& call) { call.seeds = {5}; }), "usage: diff: the runs have other seeds"));
  EXPECT_TRUE(mentions(refusal([](auto& call) { call.width = 64; }), "width: 32 in the first run, 64"));
  EXPECT_TRUE(mentions(refusal([](auto& call) { call.guidance_scale = 1; }), "guidance: "));
  EXPECT_TRUE(mentions(refusal([](auto& call) { call.scheduler_overrides["timestep_spacing"] = "linspace"; }),
                       "timestep of step "));
}

TEST(LockstepDiff, AnotherSchedulerPartsAtTheLatents) {
  text_to_video_call other = short_call();
  other.step.eta = 1;  // DDIM with noise: the same timesteps
  const activation_diff diff = diff_in_lockstep({tiny_model(), short_call()}, {twin_model(), other}, {});
  ASSERT_NE(diff.first(), nullptr);
  EXPECT_EQ(diff.first()->layer, "latents");
  EXPECT_EQ(diff.first()->step, 1);
}

TEST(RecordedActivations, APlantedErrorIsFoundInOneStep) {
  const temporary_folder folder;
  tensor_map tensors;
  run_tapped(tiny_model(), short_call(), {"mid_block.resnets", "unet"}, [&](const activations& seen) {
    for (const activation& one : seen)
      tensors[concat(one.step, ".tap.", one.layer)] = one.output.contiguous().clone();
    return true;
  });
  ASSERT_TRUE(tensors.count("2.tap.mid_block.resnets.0"));
  at::Tensor& planted = tensors["2.tap.mid_block.resnets.0"];
  planted = planted.clone();  // out of inference mode
  planted.view(-1)[7].add_(0.25);
  tensors["latents"] = at::zeros({1});
  save_tensors(folder / "r.safetensors", tensors);

  const diff_run run{tiny_model(), short_call()};
  ASSERT_EQ(step_count(run), 2);
  const recorded_activations recorded = read_recorded_activations(folder / "r.safetensors", 2);
  EXPECT_EQ(recorded.unused, std::vector<std::string>{"latents"});
  const activation_diff diff = diff_with_recorded(run, recorded.seen, {});
  ASSERT_NE(diff.first(), nullptr);
  EXPECT_EQ(diff.first()->layer, "mid_block.resnets.0");
  EXPECT_EQ(diff.first()->step, 2);
  EXPECT_NEAR(diff.first()->max_abs, 0.25, 1e-6);
  EXPECT_EQ(std::count_if(diff.errors().begin(), diff.errors().end(),
                          [&](const auto& error) { return diff.parts(error); }),
            1);
  EXPECT_TRUE(diff.only_in_b().empty());
}

TEST(RecordedActivations, ThePythonOriginalsAreMetInEveryStep) {
  const reference_case reference(root / "tests/goldens/07_pipeline/ddim");
  const text_to_video_model model = load_pipeline_model(reference);
  text_to_video_call call = pipeline_call(reference);
  call.latents = reference.input("latents");
  call.seeds = {0};
  const diff_run run{model, call};
  const auto recorded =
      read_recorded_activations(reference.folder() / "outputs.safetensors", step_count(run));
  activation_diff diff = diff_with_recorded(run, recorded.seen, {.tolerance = reference.tolerance()});
  EXPECT_EQ(diff.first(), nullptr) << diff.first()->layer << " " << diff.first()->max_abs;
  for (int64_t step = 1; step <= 5; ++step) EXPECT_TRUE(compared(diff, step, "latents")) << step;
  for (int64_t step = 1; step <= 2; ++step) EXPECT_TRUE(compared(diff, step, "unet")) << step;
  EXPECT_TRUE(compared(diff, 6, "video"));
  EXPECT_TRUE(diff.only_in_b().empty() && diff.misfits().empty());

  call.latents = call.latents + 0.1;
  const activation_diff off =
      diff_with_recorded({model, call}, recorded.seen, {.tolerance = reference.tolerance()});
  ASSERT_NE(off.first(), nullptr);
  EXPECT_EQ(off.first()->layer, "unet");
}

TEST(RecordedActivations, BrokenFilesAreNamed) {
  const temporary_folder folder;
  const auto refusal = [&](const tensor_map& tensors) {
    save_tensors(folder / "r.safetensors", tensors);
    return failure_of([&] { read_recorded_activations(folder / "r.safetensors", 2); });
  };
  EXPECT_TRUE(mentions(refusal({{"x", at::zeros({1})}}), "bad_input: "));
  EXPECT_TRUE(mentions(refusal({{"9.tap.x", at::zeros({1})}}), "step 9; the config runs 2 steps"));
  EXPECT_TRUE(mentions(refusal({{"latents_per_step", at::zeros({1})}}), "wanted [steps, b, c, f, h, w]"));
}

}  // namespace
}  // namespace zoetrope
