#include "training/trainer.hpp"

#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include "tests/training/toy_run.hpp"

namespace zoetrope {
namespace {

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

// Twelve good steps of f16, the scale tripled after each five.
TEST(Trainer, ScalesTheLossAsItsOptionsSay) {
  const temporary_folder folder;
  toy_task task;
  const json scaler = {{"init_scale", 4}, {"growth_factor", 3}, {"growth_interval", 5}};
  train(task, options_of({{"precision", "f16"}, {"loss_scaler", scaler}}), run_in(folder));
  const json state = parse_json(read_text_file(folder / "checkpoints/step-00000012/state.json"), "state");
  EXPECT_EQ(state.at("loss_scaler"), (json{{"scale", 36.0}, {"good_steps", 2}, {"skipped_steps", 0}}));
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

}  // namespace
}  // namespace zoetrope
