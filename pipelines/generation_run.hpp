// From settings to a generation that can run: where the model is, which layers of settings apply, what the
// pipeline is called with.
#pragma once

#include <string>
#include <vector>

#include "core/io/model_directory.hpp"
#include "core/tensor/device.hpp"
#include "pipelines/generation_settings.hpp"
#include "pipelines/memory_plan.hpp"
#include "pipelines/text_to_video.hpp"

namespace zoetrope {

/// What the command line says, in its own words.
struct generation_request {
  json flags = json::object();    ///< setting -> value
  std::string config_file;        ///< --config
  std::vector<std::string> sets;  ///< --set KEY=VALUE
};

struct resolved_generation {
  std::optional<model_directory> directory;
  std::filesystem::path checkpoint;  ///< a single-file model instead of a directory
  generation_settings settings;  ///< all layers applied and checked; pretrained_path is where the model lies
};

/// error{usage, bad_input} for whatever does not fit together, before any weights are read.
resolved_generation resolve(const generation_request& request);
/// The same of a layer that was read already, without a command line.
resolved_generation resolve(const config& layer);

/// What --config and the command line say, on top of `settings`; for a model that is no file.
void apply_request(generation_settings& settings, const generation_request& request);

/// One prompt a line of `prompts`, empty lines left out; or those of `prompt`.
std::vector<std::string> prompts_of(const generation_settings& settings);

struct placement {
  at::Device device;
  resolved_precision precision;
};
placement placement_of(const generation_settings& settings);

model_load_options load_options_of(const generation_settings& settings, const placement& where);
text_to_video_model load_model(const resolved_generation& resolved, const model_load_options& options);

/// What a generation of these settings holds beside the model, on `device`. Runs a few operators
/// (process_base_bytes).
held_beside beside_model(const generation_settings& settings, at::Device device);

/// The policies that are switched on one by one, or together by low_vram_mode. What --vram chooses is not
/// among them.
memory_policy policy_of(const generation_settings& settings);

/// The pipeline's arguments, callbacks left out. Reads the pictures, clips and latents that the settings
/// name.
text_to_video_call call_of(const generation_settings& settings, const std::vector<std::string>& prompts);

}  // namespace zoetrope
