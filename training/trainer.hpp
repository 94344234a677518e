// The loop of every training: gradients, clipping, the optimizer's step, the moving average, the log, looks
// from outside, checkpoints. SIGUSR1 asks for a checkpoint, SIGTERM and SIGINT for one and the end, also in the
// middle of a look, which is then made again, at once or by the run that goes on. A run
// that goes on from a checkpoint is as if it had never stopped, to the bit on a CPU. On several ranks
// (data_parallel.hpp) what is asked of one, found by one or wrong on one is agreed on by all.
#pragma once

#include <filesystem>
#include <functional>
#include <optional>

#include "training/trainer_options.hpp"

namespace zoetrope {

class communicator;

enum class resume_mode {
  none,       ///< a folder that has checkpoints is an error
  latest,     ///< nothing to go on from is an error
  automatic,  ///< from the latest checkpoint, or from the start, and says which
};

struct training_progress {
  int64_t step, steps;
  double loss, learning_rate;           ///< of one step
  std::optional<double> gradient_norm;  ///< none where the step was skipped (loss_scaler.hpp)
  double seconds;
};

struct trainer_run {
  std::filesystem::path folder;  ///< checkpoints/, log
  resume_mode resume = resume_mode::none;
  json settings = json::object();                 ///< its config, as same_training.hpp compares it
  json origin = json::object();                   ///< what it begins from, as training_origin.hpp compares it
  communicator* ranks = nullptr;                  ///< null: one process
  std::map<std::string, std::string> texts = {};  ///< for the log, by tag
  std::function<void()> on_begin = {};            ///< on every rank, before the first step
  std::function<void(const training_progress&)> on_step = {};  ///< on every rank
  std::function<void(const std::string&)> note = {};           ///< on rank 0
  std::function<void(const std::string&)> warn = {};           ///< on rank 0: what nobody should miss
};

struct training_end {
  int64_t step = 0;        ///< of the last checkpoint
  bool satisfied = false;  ///< what `until` asks for is reached
  named_scalars found;     ///< by the last look from outside
};

/// Called by all ranks. Trains `task` and leaves its parameters at the end (averaged where there is a moving
/// average). error{interrupted} where the run was asked to stop, before its first step or after a checkpoint;
/// after one, too, error{runtime} where it ends without what `require` asks for. error{usage} where the task does
/// not measure what it or `until` names, for a checkpoint of another config, model or data, or of more steps;
/// error{numerical} with the step and the tensor for a NaN or infinity.
training_end train(training_task& task, const trainer_options& options, const trainer_run& run);

}  // namespace zoetrope
