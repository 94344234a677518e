// The cells of an experiment. An arm is one choice of a value for every axis; a cell is an arm with one
// prompt, one seed and one repeat. Every arm has the same prompts, seeds and repeats.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "core/io/float_clip.hpp"
#include "experiments/experiment_file.hpp"
#include "experiments/reference_clips.hpp"
#include "pipelines/generation_run.hpp"

namespace zoetrope {

struct experiment_arm {
  json values;                   ///< axis path -> value
  resolved_generation resolved;  ///< all layers of settings applied and checked
  json generation;               ///< what a result keeps of them: no seed, prompt or output
  json inputs = json::object();  ///< setting -> fingerprints of the files it names
  std::string model_key;         ///< arms that have the same can share a loaded model
  float_clip size;               ///< of its clips, without pixels
};

struct experiment_cell {
  std::size_t arm;
  std::string prompt;
  std::uint64_t seed;
  std::int64_t repeat;
  json config;  ///< what the result is hashed by
};

struct experiment_cells {
  std::vector<experiment_arm> arms;  ///< those that share a model follow each other
  /// Arm by arm; where times are taken clip by clip, the arms there and back.
  std::vector<experiment_cell> cells;
  std::shared_ptr<const reference_clips> references;
  /// Metric -> why some or all cells will have no value of it.
  std::map<std::string, std::string> unavailable;
};

/// `steps=4 unet.temporal.type=conv`; "base" where there are no axes.
std::string arm_label(const json& values);

/// Every choice of values, product or zip, in the order of the axes' values.
std::vector<json> arm_values(const experiment_file& experiment);

/// All of them, each fully checked: settings, the model's parts with their files' headers, sizes, metrics.
/// error{bad_input} lists every misfit at once. Reads no weights, but fingerprints the files.
experiment_cells cells_of(const experiment_file& experiment);

/// Setting -> fingerprints of the files that it names; "metric_weights" and "reference" (null: none) where they
/// are given.
json input_fingerprints(const generation_settings& settings, const std::string& metric_weights,
                        const clip_file* reference);

/// The parts of `settings` that make another model in memory.
std::string model_key_of(const generation_settings& settings);

}  // namespace zoetrope
