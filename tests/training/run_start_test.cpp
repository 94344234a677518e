#include "training/run_start.hpp"

#include <gtest/gtest.h>

#include "tests/training/toy_run.hpp"

namespace zoetrope {
namespace {

TEST(RunStart, ResumesOnlyWhereItCan) {
  const temporary_folder folder;
  const std::string checkpoints = (folder / "checkpoints").string();
  toy_task task;
  EXPECT_TRUE(mentions(failure_of([&] { train(task, options_of(), run_in(folder, resume_mode::latest)); }),
                       "usage: " + checkpoints + ": there is no checkpoint to go on from"));
  std::vector<std::string> notes;
  trainer_run run = run_in(folder, resume_mode::automatic);
  run.note = [&](const std::string& text) { notes.push_back(text); };
  train(task, options_of(), run);
  ASSERT_FALSE(notes.empty());
  EXPECT_NE(notes.front().find("from the beginning"), std::string::npos);
  EXPECT_TRUE(mentions(failure_of([&] { train(task, options_of(), run_in(folder)); }),
                       "usage: " + checkpoints + ": has checkpoints; go on from them with --resume latest"));
  trainer_run other = run_in(folder, resume_mode::latest);
  other.settings = {{"seed", 1}};
  EXPECT_TRUE(mentions(failure_of([&] { train(task, options_of(), other); }), "usage: "));
}

TEST(RunStart, ACheckpointOfMoreStepsThanAreAskedIsNoStart) {
  const temporary_folder folder;
  toy_task task;
  train(task, options_of(), run_in(folder));
  EXPECT_TRUE(mentions(failure_of([&] {
                         train(task, options_of({{"steps", 11}}), run_in(folder, resume_mode::latest));
                       }),
                       "step-00000012: is of more than the 11 steps that are asked"));
}

TEST(RunStart, WarnsOfADamagedCheckpoint) {
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
TEST(RunStart, DoesNotBeginAnewOverCheckpointsThatCannotBeRead) {
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

TEST(RunStart, BeginsAnewOverWhatAKilledRunLeftUnfinished) {
  const temporary_folder folder;
  toy_task task;
  folder.put("checkpoints/step-00000005.part/weights.safetensors", "half");
  EXPECT_EQ(train(task, options_of(), run_in(folder)).step, 12);
  EXPECT_FALSE(std::filesystem::exists(folder / "checkpoints/step-00000005.part"));
}

}  // namespace
}  // namespace zoetrope
