// What a training does at signals, in a step and in a look (trainer.hpp).
#include <ATen/ATen.h>
#include <gtest/gtest.h>
#include <signal.h>

#include "tests/training/toy_run.hpp"
#include "training/checkpoint.hpp"
#include "training/stop_request.hpp"

namespace zoetrope {
namespace {

TEST(TrainerSignals, TermSavesAtTheNextStepAndStops) {
  const temporary_folder folder;
  toy_task task, resumed;
  trainer_run run = run_in(folder);
  run.on_step = [&](const training_progress& at) {
    if (at.step == 3) raise(SIGTERM);
  };
  EXPECT_EQ(failure_of([&] { train(task, options_of(), run); }),
            "interrupted: training: stopped by signal 15 after step 3; its checkpoint is saved");
  int64_t first = 0;
  run.resume = resume_mode::latest;
  run.on_step = [&](const training_progress& at) { first = first ? first : at.step; };
  train(resumed, options_of(), run);
  EXPECT_EQ(first, 4);
}

TEST(TrainerSignals, Usr1SavesAtTheNextStepAndGoesOn) {
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
TEST(TrainerSignals, ALookIsCutShortAndMadeAgainByWhatGoesOn) {
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

TEST(TrainerSignals, Usr1InALookSavesAndLooksAgain) {
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
TEST(TrainerSignals, TheLastLookIsCutShortToo) {
  const temporary_folder folder;
  toy_task task, resumed;
  task.during_look = [] { raise(SIGTERM); };
  EXPECT_TRUE(mentions(failure_of([&] { train(task, options_of(), run_in(folder)); }), "after step 12;"));
  const training_end end = train(resumed, options_of(), run_in(folder, resume_mode::latest));
  EXPECT_EQ(end.step, 12);
  EXPECT_EQ(end.found.count("closeness"), 1u);
}

TEST(TrainerSignals, ASignalThatCameBeforeTheFirstStepEndsTheRunThere) {
  const temporary_folder folder;
  toy_task task;
  const stop_request outer;
  raise(SIGTERM);
  trainer_run run = run_in(folder);
  run.on_step = [](const training_progress&) { ADD_FAILURE(); };
  EXPECT_EQ(failure_of([&] { train(task, options_of(), run); }),
            "interrupted: training: stopped by signal 15 before step 1");
}

}  // namespace
}  // namespace zoetrope
