// A training run as a checkpoint (checkpoint.hpp):
//   weights.safetensors, average.safetensors, state.json, origin.json (training_origin.hpp)   rank 0's
//   optimizer.safetensors, or optimizer-<rank>.safetensors  of each rank, for the parameters that it owns
// All ranks see the folder. A run goes on with any number of ranks: optimizer states lie side by side.
#pragma once

#include "core/config.hpp"
#include "training/checkpoint.hpp"
#include "training/distributed/communicator.hpp"
#include "training/ema.hpp"
#include "training/loss_scaler.hpp"
#include "training/optimizer.hpp"

namespace zoetrope {

struct run_state {
  const trained_parameters& parameters;
  optimizer& steps;         ///< of the parameters that this rank owns
  moving_average* average;  ///< null: none
  loss_scaler* scaler;      ///< null: none
  const json& settings;     ///< its config, as same_training.hpp compares it
  const json& origin;       ///< what it began from, as training_origin.hpp compares it
  int64_t step = 0;
  bool satisfied = false;  ///< what the run was to reach is reached
  bool look_due = false;   ///< the look from outside after this step has not been made
};

/// Called by all ranks. error{runtime} on all of them if it fails on one; what was there before stays.
void save_run(const std::filesystem::path& root, const run_state& state, int64_t keep, communicator& ranks);

/// Returns the config that the checkpoint was made with. error{usage} names the first key of it that is not the
/// same, or what else is not (training_origin.hpp); error{bad_input} names a tensor that is not there or does
/// not fit.
json load_run(const checkpoint& from, run_state& state, bool with_optimizer);

}  // namespace zoetrope
