#include "training/trainer.hpp"

#include <ATen/ATen.h>
#include <gtest/gtest.h>
#include <signal.h>

#include "tests/core/temporary_folder.hpp"
#include "tests/training/toy_task.hpp"

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

TEST(Trainer, ANameThatNothingMeasuresIsAnErrorAfterTheFirstLook) {
  for (const char* key : {"until", "require"}) {
    const temporary_folder folder;
    toy_task task;
    const std::string told = failure_of([&] {
      train(task, options_of({{"evaluate_every", 2}, {key, {{"clossness", 0}}}}), run_in(folder));
    });
    EXPECT_TRUE(mentions(told, "usage: training: nothing measures 'clossness'"));
    EXPECT_TRUE(mentions(told, "measured are closeness"));
    const auto saved = folder / "checkpoints" / "step-00000002";
    EXPECT_TRUE(mentions(told, saved.string()));
    EXPECT_TRUE(std::filesystem::exists(saved));
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

TEST(Trainer, ANanStopsWithItsStep) {
  const temporary_folder folder;
  toy_task task;
  task.nan_at = 8;
  try {
    train(task, options_of(), run_in(folder));
    ADD_FAILURE();
  } catch (const error& failure) {
    EXPECT_EQ(failure.kind(), error_kind::numerical);
    EXPECT_NE(std::string(failure.what()).find("step 8"), std::string::npos) << failure.what();
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

TEST(Trainer, RefusesOptionsThatCannotBeMeant) {
  for (const json& wrong : std::vector<json>{{{"steps", 0}},
                                             {{"micro_batches", 5}},
                                             {{"max_grad_norm", -1}},
                                             {{"until", {{"closeness", 0}}}},  // and nothing looks
                                             {{"optimizer", {{"type", "adamw"}, {"beta1", 2}}}},
                                             {{"optimizer", {{"type", "adam"}}}}})
    EXPECT_EQ(kind_of([&] { options_of(wrong); }), error_kind::bad_input) << wrong;
}

}  // namespace
}  // namespace zoetrope
