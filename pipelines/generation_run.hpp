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

/// One prompt a line, empty lines left out; error{bad_input} for a file that holds none or is not UTF-8.
std::vector<std::string> prompts_in(const std::filesystem::path& file);
/// One prompt a line of `prompts`, empty lines left out; or those of `prompt`.
std::vector<std::string> prompts_of(const generation_settings& settings);

/// What is wrong with something typed is usage, whatever it would be in a file.
template <class Body>
auto as_typed(Body&& body) {
  try {
    return body();
  } catch (const error& failure) {
    throw error(failure.kind() == error_kind::bad_input ? error_kind::usage : failure.kind(), failure.what());
  }
}

struct placement {
  at::Device device;
  resolved_precision precision;
};
placement placement_of(const generation_settings& settings);

/// The model, its weights still in their files; they come when they are first needed.
text_to_video_model open_model(const resolved_generation& resolved, const placement& where);
inline text_to_video_model open_model(const resolved_generation& resolved) {
  return open_model(resolved, placement_of(resolved.settings));
}

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
