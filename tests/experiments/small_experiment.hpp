// Two arms and two seeds on the model in the box, in two steps each.
#pragma once

#include "experiments/experiment_run.hpp"

namespace zoetrope {

inline experiment_file small() {
  experiment_file experiment;
  experiment.source = "small.yaml";
  experiment.name = "small";
  experiment.base = {{"steps", 2}, {"width", 32}, {"height", 32}, {"video_length", 4}};
  experiment.axes = {{"scheduler", {"euler", "ddim"}}};
  experiment.prompts = {"a red circle moving left"};
  experiment.seeds = {1, 2};
  experiment.metrics = {{{"type", "temporal_flickering"}}};
  experiment.keep.latents = true;
  return experiment;
}

inline run_options into(const std::filesystem::path& folder) {
  run_options options;
  options.folder = folder;
  options.conditions.command = "a test";
  return options;
}

}  // namespace zoetrope
