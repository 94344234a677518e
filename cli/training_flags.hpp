// The flags of Hotshot-XL's fine_tune.py, by the same names, as keys of a training config
// (training/recipe.hpp).
#pragma once

#include <CLI/CLI.hpp>

#include <map>
#include <string>

#include "core/config.hpp"

namespace zoetrope {

/// Flag -> what was typed; "" for a flag without a value.
using training_flags = std::map<std::string, std::string>;

/// Declares them, in a group of their own.
void add_training_flags(CLI::App& command, training_flags& given);

/// The config of a run of fine_tune.py without flags: temporal layers alone, AdamW at 5e-6, noise offset
/// 0.05, …
json fine_tune_defaults();
/// The config of one stage with the flags laid over it. As in fine_tune.py, batches and micro-batches are those
/// of one of `ranks` processes. error{usage} names a flag whose value cannot be meant; error{bad_input} where
/// the config has no object for a flag's value, or no number to reckon with.
config with_flags(const training_flags& given, const config& recipe, int64_t ranks = 1);

}  // namespace zoetrope
