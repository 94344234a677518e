#include "training/diffusion_task.hpp"

#include <ATen/ATen.h>
#include <c10/core/GradMode.h>
#include <gtest/gtest.h>

#include "core/io/model_directory.hpp"
#include "pipelines/text_to_video.hpp"
#include "tests/core/temporary_folder.hpp"
#include "training/step_gradients.hpp"
#include "training/train_log.hpp"

namespace zoetrope {
namespace {

constexpr const char* tiny = ZOETROPE_SOURCE_DIR "/assets/tiny";

std::unique_ptr<dataset> shapes() {
  return make_dataset(
      config(json{{"type", "shapes"}, {"width", 32}, {"height", 32}, {"frames", 8}, {"examples", 16}}));
}

diffusion_task make(const diffusion_task_options& options, at::ScalarType dtype = at::kFloat) {
  return diffusion_task(load_for_training(tiny), shapes(), nullptr, config(), options, dtype);
}

double loss_of(diffusion_task& task, const batch_share& share) {
  const c10::NoGradGuard no_gradient;
  task.prepare(share.step);
  return task.loss(share).loss.item<double>();
}

TEST(DiffusionTask, TrainsTemporalLayersAloneUnlessAskedForMore) {
  const diffusion_task task = make({});
  for (const trained_parameter& each : task.parameters())
    EXPECT_NE(each.name.find("temporal"), std::string::npos) << each.name;
  EXPECT_FALSE(task.parameters().empty());
  EXPECT_GT(make({.train = {"unet.*", "text_encoder*"}}).parameters().size(), task.parameters().size());
  EXPECT_THROW(make({.train = {"unet.tempral*"}}), error);
}

TEST(DiffusionTask, SharesAddUpToTheBatch) {
  diffusion_task task = make({.batch_size = 4, .caption_dropout = 0.5});
  const double whole = loss_of(task, {3, 0, 4, 4});
  const double parts = loss_of(task, {3, 0, 1, 4}) + loss_of(task, {3, 1, 3, 4});
  EXPECT_NEAR(parts, whole, 1e-5 * whole);
  EXPECT_NE(loss_of(task, {4, 0, 4, 4}), whole);  // other clips, other noise
  EXPECT_EQ(loss_of(task, {3, 0, 4, 4}), whole);
}

// From the encoders or from the disk: the same loss to the bit.
TEST(DiffusionTask, ACacheChangesNoBit) {
  const temporary_folder folder;
  const batch_share share{3, 0, 4, 4};
  diffusion_task plain = make({.batch_size = 4, .caption_dropout = 0.5});
  const double wanted = loss_of(plain, share);
  EXPECT_EQ(plain.cache(), nullptr);
  const diffusion_task_options cached{
      .batch_size = 4, .caption_dropout = 0.5, .cache = folder.path().string()};
  for (const bool filled : {false, true}) {
    diffusion_task task = make(cached);
    EXPECT_EQ(loss_of(task, share), wanted) << filled;
    const cache_counts counts = task.cache()->counts();
    EXPECT_EQ(counts.made == 0, filled);
    EXPECT_EQ(counts.found > 4, filled);  // four clips and their captions
    EXPECT_EQ(counts.write_failure, "");
    EXPECT_GT(task.cache()->bytes(), 0u);
  }
  // Other precisions are other encoders.
  diffusion_task half = make(cached, at::kBFloat16);
  loss_of(half, share);
  EXPECT_GT(half.cache()->counts().made, 0);
}

TEST(DiffusionTask, AModelThatKnowsTheClipsHasASmallerLossThanAFreshOne) {
  diffusion_task trained = make({.batch_size = 4});
  diffusion_task fresh(fresh_model(describe_model(tiny), 0), shapes(), nullptr, config(), {.batch_size = 4});
  EXPECT_LT(loss_of(trained, {0, 0, 4, 4}), loss_of(fresh, {0, 0, 4, 4}));
}

// Descent on one batch lowers its loss: the whole loop of gradients and weights is closed.
TEST(DiffusionTask, GradientStepsLowerTheLossOfTheirBatch) {
  diffusion_task task = make({.batch_size = 2, .train = {"unet.*", "text_encoder*"}});
  worker_pool workers(1, 1);
  const double before = loss_of(task, {0, 0, 2, 2});
  for (int step = 0; step < 3; ++step) {
    task.prepare(0);
    accumulate_gradients(task, {0, 0, 2, 2}, 1, 1.0, workers);
    for (const trained_parameter& each : task.parameters())
      each.tensor.detach().sub_(each.tensor.grad(), 0.02);
  }
  EXPECT_LT(loss_of(task, {0, 0, 2, 2}), 0.98 * before);
}

TEST(DiffusionTask, ComputesInBfloat16WithSingleWeights) {
  diffusion_task single = make({.batch_size = 2}), mixed = make({.batch_size = 2}, at::kBFloat16);
  const double exact = loss_of(single, {0, 0, 2, 2});
  EXPECT_NEAR(loss_of(mixed, {0, 0, 2, 2}), exact, 0.05 * exact);
  worker_pool workers(1, 1);
  mixed.prepare(0);
  accumulate_gradients(mixed, {0, 0, 2, 2}, 1, 1.0, workers);
  for (const trained_parameter& each : mixed.parameters()) {
    EXPECT_EQ(each.tensor.scalar_type(), at::kFloat);
    EXPECT_EQ(each.tensor.grad().scalar_type(), at::kFloat);
  }
}

TEST(DiffusionTask, SavesADirectoryThatGenerates) {
  const temporary_folder folder;
  diffusion_task task = make({.saved_dtype = at::kFloat});
  task.prepare(0);
  task.save(folder / "model");
  const text_to_video_call call{.prompts = {"a red circle moving left"}, .steps = 2, .seeds = {0}};
  const auto frames = [&](const std::filesystem::path& model) {
    return text_to_video(load_text_to_video_model(model_directory::open(model.string())), call).video;
  };
  EXPECT_TRUE(at::equal(frames(folder / "model"), frames(tiny)));
  EXPECT_THROW(task.save(folder / "model"), error);  // nothing is written over
}

// What is saved generates what was trained: with the model's old scheduler none of these would.
TEST(DiffusionTask, AnotherTargetChangesTheScheduler) {
  const auto trained_for = [](const json& target, diffusion_task_options options = {}) {
    return diffusion_task(load_for_training(tiny), shapes(), nullptr, config(target), options);
  };
  for (const auto& [target, class_name] :
       {std::pair<json, std::string>{{{"prediction", "sample"}}, "DDIMScheduler"},
        {{{"prediction", "flow_prediction"}, {"shift", 3.0}}, "FlowMatchEulerDiscreteScheduler"}}) {
    const temporary_folder folder;
    diffusion_task task = trained_for(target);
    EXPECT_EQ(task.model().scheduler_class, class_name);
    task.prepare(0);
    task.save(folder / "model");
    const text_to_video_model saved =
        load_text_to_video_model(model_directory::open((folder / "model").string()));
    EXPECT_EQ(saved.scheduler_class, class_name);
    EXPECT_EQ(saved.scheduler_config, task.model().scheduler_config);
    const text_to_video_call call{.prompts = {"a red circle moving left"}, .steps = 2, .seeds = {0}};
    EXPECT_TRUE(at::isfinite(text_to_video(saved, call).video).all().item<bool>());
  }
  for (const diffusion_task_options& adapters :
       {diffusion_task_options{.lora = low_rank_options{}},
        diffusion_task_options{.inversion = textual_inversion_options{"<sks>", "square", 1, "a"}}}) {
    EXPECT_TRUE(mentions(failure_of([&] {
                           trained_for({{"prediction", "sample"}}, adapters);
                         }),
                         "v_prediction"));
    EXPECT_EQ(failure_of([&] { trained_for({{"prediction", "v_prediction"}}, adapters); }), "no error");
  }
}

// Of both kinds of training: libtorch would say at the first step that no tensor requires a gradient.
TEST(DiffusionTask, TemporalLayersAloneNeedMoreThanOneFrame) {
  const auto with_frames = [](int64_t frames, const json& trained) {
    return failure_of([&] {
      diffusion_task(
          load_for_training(tiny),
          make_dataset(config(
              json{{"type", "shapes"}, {"width", 32}, {"height", 32}, {"frames", frames}, {"examples", 4}})),
          nullptr, config(), read_diffusion_task_options(config(trained), 0, 2));
    });
  };
  const json temporal = json::object(), motion = {{"lora", {{"motion", true}}}};
  for (const json& alone : {temporal, motion}) {
    EXPECT_TRUE(mentions(with_frames(1, alone), "usage: data: clips of one frame"));
    EXPECT_EQ(with_frames(2, alone), "no error");
  }
  for (const json& more : {json{{"train", {"unet.*"}}}, json{{"lora", json::object()}}})
    EXPECT_EQ(with_frames(1, more), "no error");
}

// Before the first step, of every size and in pixels: 8 of the VAE times 4 of the UNet.
TEST(DiffusionTask, RefusesSizesThatTheModelCannotTake) {
  const auto clips = [](int64_t width, int64_t frames = 8) {
    return make_dataset(config(
        json{{"type", "shapes"}, {"width", width}, {"height", 32}, {"frames", frames}, {"examples", 4}}));
  };
  const auto failure = [&](std::unique_ptr<dataset> data, std::unique_ptr<dataset> held_out) {
    return failure_of(
        [&] { diffusion_task(load_for_training(tiny), std::move(data), std::move(held_out), config(), {}); });
  };
  EXPECT_EQ(failure(clips(48), nullptr),
            "usage: data: clips of 48 x 32 pixels; this model takes sides that are multiples of 32");
  EXPECT_EQ(failure(clips(36), nullptr),
            "usage: data: clips of 36 x 32 pixels; this model takes sides that are multiples of 32");
  EXPECT_TRUE(mentions(failure(clips(64), clips(48)), "usage: validation: clips of 48 x 32"));
  EXPECT_TRUE(mentions(failure(clips(64), clips(64, 100)), "validation: clips of 100 frames"));
  EXPECT_EQ(failure(clips(64), clips(96)), "no error");
}

TEST(DiffusionTask, LatentsThatAreNotFiniteNameClipStepAndCause) {
  training_model model = load_for_training(tiny);
  for (const parameter_slot& slot : model.parts.vae->slots())
    if (slot.name == "encoder.conv_in.bias") slot.tensor->fill_(std::nan(""));
  diffusion_task task(std::move(model), shapes(), nullptr, config(), {.batch_size = 1});
  const std::string told = failure_of([&] { loss_of(task, {3, 0, 1, 1}); });
  EXPECT_TRUE(mentions(told, "numerical: step 4: the latents of clip "));
  EXPECT_TRUE(mentions(told, "; vae.encoder.conv_in.bias holds a NaN or infinity"));
}

// As on a full disk: a file stands where each of the cache's folders should be.
TEST(DiffusionTask, SaysOnceThatTheCacheCannotBeWritten) {
  const temporary_folder folder;
  for (int i = 0; i < 256; ++i) {
    char name[3];
    std::snprintf(name, sizeof name, "%02x", i);
    folder.put(name, "");
  }
  std::vector<std::string> notes;
  diffusion_task task =
      make({.batch_size = 2, .cache = folder.path().string(), .note = [&](const std::string& text) {
              notes.push_back(text);
            }});
  for (int64_t step = 0; step < 3; ++step) loss_of(task, {step, 0, 2, 2});
  ASSERT_EQ(notes.size(), 1u);
  EXPECT_TRUE(mentions(notes[0], "cache: goes on without storing more: "));
  EXPECT_TRUE(mentions(notes[0], folder.path().string()));
}

// What fine_tune.py's three prompts are for: a run that is told to look looks at something.
TEST(DiffusionTask, WithoutValidationAndPromptsItsOwnCaptionsAreGenerated) {
  const json looks = {{"evaluate_every", 1}, {"evaluation", {{"steps", 1}}}};
  const auto read = [&](json changes) {
    json tree = looks;
    tree.merge_patch(changes);
    return read_diffusion_task_options(config(tree), 0, 2);
  };
  for (const json& other : {json{{"evaluate_every", 0}}, json{{"validation", {{"type", "shapes"}}}},
                            json{{"evaluation", {{"prompts", json::array()}}}}})
    EXPECT_EQ(read(other).evaluation.captions, 0);
  std::vector<std::string> notes;
  diffusion_task_options options = read(json::object());
  options.note = [&](const std::string& text) { notes.push_back(text); };
  diffusion_task task = make(options);
  ASSERT_EQ(notes.size(), 1u);
  EXPECT_TRUE(mentions(notes[0], shapes()->label(0).caption + "; "));
  const temporary_folder folder;
  task.prepare(0);
  {
    train_log log(folder.path());
    task.evaluate(0, log);
  }
  std::string events;
  for (const auto& entry : std::filesystem::directory_iterator(folder.path()))
    events += bytes_of(entry.path());
  for (const char* tag : {"samples/0", "samples/1", "samples/2"}) EXPECT_TRUE(mentions(events, tag));
}

TEST(DiffusionTask, PointsToTheTaskThatTrainsTheVae) {
  const std::string told = failure_of([] {
    read_diffusion_task_options(config(json{{"train", {"unet.*", "vae.*"}}}, "a.yaml"), 0, 2);
  });
  EXPECT_EQ(told, "bad_input: a.yaml: $.train: the VAE is trained with `task: vae`");
}

}  // namespace
}  // namespace zoetrope
