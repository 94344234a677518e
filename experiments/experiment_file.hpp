// An experiment as a file: a base, what is varied, on which prompts and seeds, and what is measured
// (docs/experiments.md):
//
//   name: temporal
//   base: {steps: 8}                 # as `zoetrope generate --config` takes it, or the name of such a file
//   axes: {unet.temporal.type: [transformer, none], scheduler: [euler, ddim]}
//   combine: product                 # or zip: first with first, second with second, …
//   prompts: [a red circle moving left]
//   seeds: [0, 1]
//   metrics: [temporal_flickering]
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "core/config.hpp"
#include "eval/noise_criterion.hpp"

namespace zoetrope {

struct experiment_axis {
  std::string path;  ///< in the base: "unet.temporal.type"
  std::vector<json> values;
};

struct experiment_keeps {
  bool frames = true, latents = false;
  std::string clips;  ///< "gif", "mp4", …: a file beside each result; empty: none
};

struct experiment_file {
  std::string source;  ///< the file's name, for errors
  std::string name;
  json base = json::object();
  std::vector<experiment_axis> axes;  ///< in the order of their paths
  bool zip = false;
  std::vector<std::string> prompts;  ///< empty: the base's
  std::vector<std::uint64_t> seeds;  ///< empty: the base's
  std::vector<json> metrics;         ///< configs: {"type": …}
  std::string metric_weights;        ///< folder; empty: none
  std::string reference;             ///< a clip, or results, that metrics compare with; empty: none
  std::int64_t repeats = 1;
  std::optional<noise_options> speed;
  bool memory = false;
  experiment_keeps keep;
  /// By how many of 255 levels the clips of one prompt and seed may differ between arms; null: they are meant
  /// to differ.
  std::optional<std::int64_t> same_clips;
};

/// `sets` are KEY=VALUE on top of the file. error{bad_input, usage} for an unknown key, an axis or list
/// without values, zipped axes of different lengths, and settings that are the experiment's and no axes.
experiment_file read_experiment(const std::filesystem::path& file, const std::vector<std::string>& sets = {});

}  // namespace zoetrope
