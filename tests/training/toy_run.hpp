// Twelve steps of a toy_task.
#pragma once

#include "tests/core/temporary_folder.hpp"
#include "tests/training/toy_task.hpp"
#include "training/trainer.hpp"

namespace zoetrope {

inline trainer_options options_of(const json& changes = json::object()) {
  json tree = {{"steps", 12},
               {"batch_size", 4},
               {"learning_rate", {{"schedule", "linear"}, {"learning_rate", 0.1}}},
               {"ema", {{"decay", 0.5}}},
               {"checkpoint_every", 5}};
  tree.merge_patch(changes);
  return read_trainer_options(config(tree));
}

inline trainer_run run_in(const temporary_folder& folder, resume_mode resume = resume_mode::none) {
  return {.folder = folder.path(), .resume = resume};
}

}  // namespace zoetrope
