// A training from its config: one stage, or several that follow each other, each on the model that the one
// before it left. Stages that are done are not done again; more steps than were asked before are taken.
//
//   model: {pretrained: DIR}   or   {preset: NAME, set: {unet: {…}}, vocabulary: {merges: N, texts: N, data: {…}}}
//   seed: 0
//   stages: [{name, task: diffusion | vae, data: {…}, validation: {…}, steps, batch_size, optimizer: {…}, …}]
//
// Without `stages` the keys of one stage stand at the top. <folder>/<stage>/ has checkpoints/, the logs and,
// at the end, model/; <folder>/model is the last stage's. A stage with `lora` or `textual_inversion` leaves
// what it trained alone, in lora/ or embedding/, and is the last. `device` is the whole training's: auto (the
// first GPU, where there is one), cpu, cuda, cuda:N. Of several ranks each takes a GPU of its own. So is
// `plugin`, libraries with parts (pipelines/plugin.hpp), which are loaded before all else.
#pragma once

#include <filesystem>
#include <functional>

#include "core/config.hpp"
#include "training/trainer.hpp"

namespace zoetrope {

struct recipe_run {
  std::filesystem::path folder;
  resume_mode resume = resume_mode::none;
  bool dry = false;               ///< all is read and checked, nothing is trained or written
  bool fills_cache = true;        ///< with what the check of the data finds; false: `cache` is not written
  communicator* ranks = nullptr;  ///< null: one process
  std::function<void(const std::string& stage)> on_stage = {};  ///< before its first step
  std::function<void(const std::string& stage, const training_progress&)> on_step = {};
  std::function<void(const std::string&)> note = {};
  std::function<void(const std::string&)> warn = {};  ///< what nobody should miss
};

/// The folder of the trained model, LoRA or embedding. Called by all ranks. error{bad_input} names path, got
/// and wanted for what is wrong in the config; error{interrupted} where a signal since the call asked for an end
/// (stop_request.hpp), and then all that was trained is kept; error{runtime} where another run writes to the
/// folder; error{usage} where what is there is of another config (same_training.hpp), model or data
/// (training_origin.hpp), or of more steps; else as train().
std::filesystem::path run_recipe(const config& recipe, const recipe_run& run);

}  // namespace zoetrope
