#include "training/trainer.hpp"

#include <ATen/ATen.h>
#include <gtest/gtest.h>
#include <signal.h>

#include "tests/core/temporary_folder.hpp"
#include "tests/training/toy_task.hpp"
#include "training/checkpoint.hpp"
#include "training/diffusion_task.hpp"
#include "training/stop_request.hpp"

namespace zoetrope {
namespace {

trainer_options options_of(json changes = json::object()) {
  json tree = {{"steps", 12},
               {"batch_size", 4},
               {"learning_rate", {{"schedule", "linear"}, {"learning_rate", 0.1}}},
               {"ema", {{"decay", 0.5}}},
               {"checkpoint_every", 5}};
  tree.merge_patch(changes);
  return read_trainer_options(config(tree));
}

trainer_run run_in(const temporary_folder& folder, resume_mode resume = resume_mode::none) {
  return {.folder = folder.path(), .resume = resume};
}

error_kind kind_of(const std::function<void()>& body) {
  try {
    body();
  } catch (const error& failure) {
    return failure.kind();
  }
  ADD_FAILURE() << "no error";
  return error_kind::runtime;
}

TEST(Trainer, ResumedIsUninterruptedToTheBit) {
  const temporary_folder whole, cut;
  toy_task uninterrupted;
  train(uninterrupted, options_of(), run_in(whole));
  {
    toy_task task;
    trainer_run run = run_in(cut);
    run.on_step = [](const training_progress& at) {
      if (at.step == 7) throw std::runtime_error("killed");  // two steps after the checkpoint
    };
    EXPECT_THROW(train(task, options_of(), run), std::runtime_error);
  }
  toy_task resumed;
  std::vector<int64_t> steps;
  trainer_run run = run_in(cut, resume_mode::latest);
  run.on_step = [&](const training_progress& at) { steps.push_back(at.step); };
  train(resumed, options_of(), run);
  EXPECT_EQ(steps, (std::vector<int64_t>{6, 7, 8, 9, 10, 11, 12}));
  EXPECT_TRUE(at::equal(resumed.w(), uninterrupted.w()));
}

// Twelve steps of which none can be taken, and one gradient that no scale mends.
TEST(Trainer, F16WithoutAFiniteGradientIsAnError) {
  const temporary_folder all_skipped, stopped;
  toy_task task;
  const json huge = {{"init_scale", 3e38}, {"backoff_factor", 0.99}};
  const std::string all = failure_of([&] {
    train(task, options_of({{"precision", "f16"}, {"loss_scaler", huge}}), run_in(all_skipped));
  });
  EXPECT_TRUE(mentions(all, "numerical: training: 12 of 12 steps were skipped"));
  EXPECT_EQ(task.w().item<float>(), 0.5f);
  EXPECT_TRUE(std::filesystem::exists(all_skipped / "checkpoints/step-00000012"));

  toy_task broken;
  broken.bad_gradient_from = 2;
  const std::string one = failure_of([&] {
    train(broken, options_of({{"precision", "f16"}, {"steps", 90}}), run_in(stopped));
  });
  EXPECT_TRUE(
      mentions(one, "the gradient of w at step 32 holds a NaN or infinity, with the loss scaled by "));
}

// Twelve good steps of f16, the scale tripled after each five.
TEST(Trainer, ScalesTheLossAsItsOptionsSay) {
  const temporary_folder folder;
  toy_task task;
  const json scaler = {{"init_scale", 4}, {"growth_factor", 3}, {"growth_interval", 5}};
  train(task, options_of({{"precision", "f16"}, {"loss_scaler", scaler}}), run_in(folder));
  const json state = parse_json(read_text_file(folder / "checkpoints/step-00000012/state.json"), "state");
  EXPECT_EQ(state.at("loss_scaler"), (json{{"scale", 36.0}, {"good_steps", 2}, {"skipped_steps", 0}}));
}

TEST(Trainer, TheLossScalersOptionsAreThoseOfF16) {
  const auto failure = [](const json& tree) {
    return failure_of([&] {
      const config options(tree);
      read_trainer_options(options);
      options.expect_all_read();
    });
  };
  EXPECT_TRUE(mentions(failure({{"precision", "f16"}, {"loss_scaler", {{"init_scale", 0}}}}),
                       "$.loss_scaler: init_scale: got 0, wanted above 0"));
  EXPECT_TRUE(mentions(failure({{"precision", "f16"}, {"loss_scaler", {{"scale", 2}}}}), "scale"));
  EXPECT_TRUE(mentions(failure({{"loss_scaler", {{"init_scale", 2}}}}), "loss_scaler"));
}

TEST(Trainer, AFinishedRunThatIsResumedTakesNoStep) {
  const temporary_folder folder;
  toy_task first, second;
  train(first, options_of(), run_in(folder));
  trainer_run run = run_in(folder, resume_mode::automatic);
  run.on_step = [](const training_progress&) { ADD_FAILURE(); };
  train(second, options_of(), run);
  EXPECT_TRUE(at::equal(first.w(), second.w()));
}

TEST(Trainer, ResumesOnlyWhereItCan) {
  const temporary_folder folder;
  toy_task task;
  EXPECT_EQ(kind_of([&] { train(task, options_of(), run_in(folder, resume_mode::latest)); }),
            error_kind::usage);
  std::vector<std::string> notes;
  trainer_run run = run_in(folder, resume_mode::automatic);
  run.note = [&](const std::string& text) { notes.push_back(text); };
  train(task, options_of(), run);
  ASSERT_FALSE(notes.empty());
  EXPECT_NE(notes.front().find("from the beginning"), std::string::npos);
  EXPECT_EQ(kind_of([&] { train(task, options_of(), run_in(folder)); }), error_kind::usage);
  trainer_run other = run_in(folder, resume_mode::latest);
  other.settings = {{"seed", 1}};
  EXPECT_EQ(kind_of([&] { train(task, options_of(), other); }), error_kind::usage);
}

TEST(Trainer, SaysWhereMoreStepsStretchTheSchedule) {
  const auto notes_of = [](const char* schedule, int64_t steps) {
    const temporary_folder folder;
    toy_task first, second;
    trainer_run run = run_in(folder);
    run.settings = {{"steps", 12}};
    train(first, options_of({{"learning_rate", {{"schedule", schedule}}}}), run);
    run = run_in(folder, resume_mode::latest);
    run.settings = {{"steps", steps}};
    std::string notes;
    run.note = [&](const std::string& text) { notes += text + "\n"; };
    train(second, options_of({{"steps", steps}, {"learning_rate", {{"schedule", schedule}}}}), run);
    return notes;
  };
  const std::string told = notes_of("cosine", 14);
  EXPECT_TRUE(
      mentions(told, "learning_rate: the schedule was of 12 steps up to here and is of 14 from here on"));
  EXPECT_FALSE(mentions(notes_of("cosine", 12), "schedule"));
  EXPECT_FALSE(mentions(notes_of("constant", 14), "schedule"));
}

TEST(Trainer, LeavesTheAverageAtTheEnd) {
  const temporary_folder with, without;
  toy_task averaged, last;
  train(averaged, options_of(), run_in(with));
  train(last, options_of({{"ema", nullptr}}), run_in(without));
  EXPECT_FALSE(at::equal(averaged.w(), last.w()));
}

TEST(Trainer, EndsWhereTheLookFromOutsideIsSatisfied) {
  const temporary_folder folder;
  toy_task task;
  int64_t last = 0;
  trainer_run run = run_in(folder);
  run.on_step = [&](const training_progress& at) { last = at.step; };
  const named_scalars found =
      train(task, options_of({{"evaluate_every", 2}, {"until", {{"closeness", -2.2}}}}), run).found;
  EXPECT_GE(found.at("closeness"), -2.2);
  EXPECT_GT(last, 0);
  EXPECT_LT(last, 12);
  // Resumed, it is still done.
  run.resume = resume_mode::latest;
  run.on_step = [](const training_progress&) { ADD_FAILURE(); };
  toy_task again;
  train(again, options_of({{"evaluate_every", 2}, {"until", {{"closeness", -2.2}}}}), run);
}

TEST(Trainer, GoesOnWhereSomethingElseIsToBeReached) {
  const temporary_folder folder;
  const json near = {{"evaluate_every", 2}, {"until", {{"closeness", -2.2}}}};
  toy_task first, second;
  trainer_run run = run_in(folder);
  run.settings = near;
  const training_end early = train(first, options_of(near), run);
  EXPECT_TRUE(early.satisfied);
  EXPECT_LT(early.step, 12);
  run = run_in(folder, resume_mode::latest);
  const training_end end = train(second, options_of({{"until", nullptr}}), run);
  EXPECT_EQ(end.step, 12);
  EXPECT_FALSE(end.satisfied);
}

TEST(Trainer, ANameThatNothingMeasuresIsAnErrorBeforeTheFirstStep) {
  for (const char* key : {"until", "require"}) {
    const temporary_folder folder;
    toy_task task;
    trainer_run run = run_in(folder);
    run.on_step = [](const training_progress&) { ADD_FAILURE(); };
    EXPECT_EQ(
        failure_of([&] {
          train(task, options_of({{"evaluate_every", 2}, {key, {{"clossness", 0}}}}), run);
        }),
        "usage: training: nothing measures 'clossness'; did you mean 'closeness'? (measured are closeness)");
  }
}

TEST(Trainer, WhatIsRequiredAndMissedLeavesACheckpointToGoOnFrom) {
  const temporary_folder folder;
  toy_task task, again;
  const std::string told = failure_of([&] {
    train(task, options_of({{"require", {{"closeness", 1}}}}), run_in(folder));
  });
  EXPECT_TRUE(mentions(told, "runtime: training: ends with closeness at -"));
  EXPECT_TRUE(mentions(told, ", wanted 1; what was trained is in " + (folder / "checkpoints").string()));
  trainer_run run = run_in(folder, resume_mode::latest);
  run.on_step = [](const training_progress&) { ADD_FAILURE(); };
  EXPECT_EQ(train(again, options_of({{"require", {{"closeness", -3}}}}), run).step, 12);
}

TEST(Trainer, ACheckpointOfMoreStepsThanAreAskedIsNoStart) {
  const temporary_folder folder;
  toy_task task;
  train(task, options_of(), run_in(folder));
  EXPECT_TRUE(mentions(failure_of([&] {
                         train(task, options_of({{"steps", 11}}), run_in(folder, resume_mode::latest));
                       }),
                       "step-00000012: is of more than the 11 steps that are asked"));
}

TEST(Trainer, WarnsOfADamagedCheckpoint) {
  const temporary_folder folder;
  toy_task task, resumed;
  train(task, options_of(), run_in(folder));
  folder.put("checkpoints/step-00000012/weights.safetensors", "damaged");
  std::string warned;
  trainer_run run = run_in(folder, resume_mode::latest);
  run.warn = [&](const std::string& text) { warned += text; };
  train(resumed, options_of(), run);
  EXPECT_TRUE(mentions(warned, "step-00000012"));
}

// They may be whole, and only not be readable by this user: nothing is written over them.
TEST(Trainer, DoesNotBeginAnewOverCheckpointsThatCannotBeRead) {
  const temporary_folder folder;
  toy_task task;
  train(task, options_of(), run_in(folder));
  for (const char* step : {"step-00000010", "step-00000012"})
    folder.put(std::filesystem::path("checkpoints") / step / "manifest.json", "damaged");
  for (const resume_mode mode : {resume_mode::none, resume_mode::latest, resume_mode::automatic}) {
    const std::string told = failure_of([&] { train(task, options_of(), run_in(folder, mode)); });
    EXPECT_TRUE(mentions(told, "usage: " + (folder / "checkpoints").string() +
                                   ": none of the checkpoints there (2) can be read; move the folder away, "
                                   "or choose another --output_dir"));
    EXPECT_TRUE(mentions(told, "step-00000012"));
  }
  EXPECT_EQ(bytes_of(folder / "checkpoints/step-00000010/manifest.json"), "damaged");
}

TEST(Trainer, BeginsAnewOverWhatAKilledRunLeftUnfinished) {
  const temporary_folder folder;
  toy_task task;
  folder.put("checkpoints/step-00000005.part/weights.safetensors", "half");
  EXPECT_EQ(train(task, options_of(), run_in(folder)).step, 12);
  EXPECT_FALSE(std::filesystem::exists(folder / "checkpoints/step-00000005.part"));
}

TEST(Trainer, ANanStopsWithItsStep) {
  const temporary_folder folder;
  toy_task task;
  task.nan_at = 8;
  try {
    train(task, options_of(), run_in(folder));
    ADD_FAILURE();
  } catch (const error& failure) {
    EXPECT_EQ(failure.kind(), error_kind::numerical);
    EXPECT_NE(std::string(failure.what()).find("the loss of step 9 is "), std::string::npos)
        << failure.what();
  }
  toy_task resumed;  // the checkpoint of step 5 is still there
  EXPECT_NO_THROW(train(resumed, options_of(), run_in(folder, resume_mode::latest)));
}

TEST(Trainer, TermSavesAtTheNextStepAndStops) {
  const temporary_folder folder;
  toy_task task, resumed;
  trainer_run run = run_in(folder);
  run.on_step = [&](const training_progress& at) {
    if (at.step == 3) raise(SIGTERM);
  };
  EXPECT_EQ(kind_of([&] { train(task, options_of(), run); }), error_kind::interrupted);
  int64_t first = 0;
  run.resume = resume_mode::latest;
  run.on_step = [&](const training_progress& at) { first = first ? first : at.step; };
  train(resumed, options_of(), run);
  EXPECT_EQ(first, 4);
}

TEST(Trainer, Usr1SavesAtTheNextStepAndGoesOn) {
  const temporary_folder folder;
  toy_task task;
  trainer_run run = run_in(folder);
  run.on_step = [&](const training_progress& at) {
    if (at.step == 3) raise(SIGUSR1);
    EXPECT_EQ(at.step > 3, std::filesystem::exists(folder / "checkpoints" / "step-00000003"));
  };
  train(task, options_of({{"checkpoint_every", 0}}), run);
}

// A look that `until` decides by is cut by SIGTERM at each step at which there is one: what goes on makes it
// first, and ends at the step and with the bits of a run that nobody stopped.
TEST(Trainer, ALookIsCutShortAndMadeAgainByWhatGoesOn) {
  const json options = {{"evaluate_every", 2}, {"evaluate_at_start", true}, {"until", {{"closeness", -2.2}}}};
  const temporary_folder whole, cut;
  toy_task uninterrupted;
  const training_end wanted = train(uninterrupted, options_of(options), run_in(whole));
  ASSERT_TRUE(wanted.satisfied);
  ASSERT_LT(wanted.step, 12);
  for (int64_t step = 0; step <= wanted.step; step += 2) {
    toy_task task;
    task.during_look = [&] {
      if (task.looks.back() == step) raise(SIGTERM);
    };
    EXPECT_EQ(
        failure_of([&] {
          train(task, options_of(options), run_in(cut, step == 0 ? resume_mode::none : resume_mode::latest));
        }),
        concat("interrupted: training: stopped by signal 15 after step ", step, "; its checkpoint is saved"));
    // The one that was cut before, and then this one.
    EXPECT_EQ(task.looks, step == 0 ? std::vector<int64_t>{0} : std::vector<int64_t>({step - 2, step}));
  }
  toy_task resumed;
  trainer_run run = run_in(cut, resume_mode::latest);
  run.on_step = [](const training_progress&) { ADD_FAILURE(); };
  const training_end end = train(resumed, options_of(options), run);
  EXPECT_EQ(end.step, wanted.step);
  EXPECT_TRUE(end.satisfied);
  EXPECT_EQ(end.found, wanted.found);
  EXPECT_TRUE(at::equal(resumed.w(), uninterrupted.w()));
}

TEST(Trainer, Usr1InALookSavesAndLooksAgain) {
  const temporary_folder folder;
  toy_task task, undisturbed;
  task.during_look = [&] {
    const bool again = task.looks.size() > 1 && task.looks.back() == *(task.looks.end() - 2);
    EXPECT_EQ(std::filesystem::exists(finished_checkpoint(folder / "checkpoints", task.looks.back())), again);
    if (!again) raise(SIGUSR1);
  };
  const json options = {{"evaluate_every", 5}, {"checkpoint_every", 0}, {"keep_checkpoints", 9}};
  train(task, options_of(options), run_in(folder));
  EXPECT_EQ(task.looks, (std::vector<int64_t>{5, 5, 10, 10, 12, 12}));
  const temporary_folder other;
  train(undisturbed, options_of(options), run_in(other));
  EXPECT_TRUE(at::equal(task.w(), undisturbed.w()));
}

// The last look of a run whose steps are all done and saved.
TEST(Trainer, TheLastLookIsCutShortToo) {
  const temporary_folder folder;
  toy_task task, resumed;
  task.during_look = [] { raise(SIGTERM); };
  EXPECT_TRUE(mentions(failure_of([&] { train(task, options_of(), run_in(folder)); }), "after step 12;"));
  const training_end end = train(resumed, options_of(), run_in(folder, resume_mode::latest));
  EXPECT_EQ(end.step, 12);
  EXPECT_EQ(end.found.count("closeness"), 1u);
}

TEST(Trainer, ASignalThatCameBeforeTheFirstStepEndsTheRunThere) {
  const temporary_folder folder;
  toy_task task;
  const stop_request outer;
  raise(SIGTERM);
  trainer_run run = run_in(folder);
  run.on_step = [](const training_progress&) { ADD_FAILURE(); };
  EXPECT_EQ(failure_of([&] { train(task, options_of(), run); }),
            "interrupted: training: stopped by signal 15 before step 1");
}

TEST(Trainer, RefusesOptionsThatCannotBeMeant) {
  for (const json& wrong : std::vector<json>{{{"steps", 0}},
                                             {{"micro_batches", 5}},
                                             {{"max_grad_norm", -1}},
                                             {{"until", {{"closeness", 0}}}},  // and nothing looks
                                             {{"optimizer", {{"type", "adamw"}, {"beta1", 2}}}},
                                             {{"optimizer", {{"type", "adam"}}}}})
    EXPECT_EQ(kind_of([&] { options_of(wrong); }), error_kind::bad_input) << wrong;
}

// What is not finite is named: a weight, trained or frozen; else the layer where it begins.
TEST(Trainer, ANanIsTracedToItsWeightOrItsLayer) {
  const auto failure = [](std::vector<std::string> train_on, const std::string& broken, double value) {
    const temporary_folder folder;
    training_model model = load_for_training(ZOETROPE_SOURCE_DIR "/assets/tiny");
    for (const parameter_slot& slot : model.parts.unet->slots())
      if (slot.name == broken) slot.tensor->fill_(value);
    const json clips = {{"type", "shapes"}, {"width", 32}, {"height", 32}, {"frames", 2}, {"examples", 4}};
    diffusion_task task(std::move(model), make_dataset(config(clips)), nullptr, config(),
                        {.batch_size = 2, .train = std::move(train_on)});
    return failure_of([&] { train(task, options_of({{"batch_size", 2}}), run_in(folder)); });
  };
  const std::string trained = failure({"unet.conv_in.*"}, "conv_in.weight", std::nan(""));
  EXPECT_TRUE(mentions(trained, "numerical: training: the loss of step 1 is "));
  EXPECT_TRUE(mentions(trained, "; unet.conv_in.weight holds a NaN or infinity"));
  EXPECT_TRUE(mentions(failure({"unet.conv_in.*"}, "conv_out.bias", std::nan("")),
                       "; unet.conv_out.bias holds a NaN or infinity"));
  // Finite, but its products overflow.
  EXPECT_TRUE(mentions(failure({"unet.conv_out.*"}, "conv_in.weight", 3e38),
                       "; the first layer that returns a NaN or infinity is unet.conv_in"));
}

}  // namespace
}  // namespace zoetrope
