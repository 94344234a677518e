// The loop of every training: gradients, clipping, the optimizer's step, the moving average, the log, looks
// from outside, checkpoints. SIGUSR1 asks for a checkpoint, SIGTERM and SIGINT for one and the end. A run
// that goes on from a checkpoint is as if it had never stopped, to the bit on a CPU. On several ranks
// (data_parallel.hpp) what is asked of one, found by one or wrong on one is agreed on by all.
#pragma once

#include <filesystem>
#include <functional>
#include <optional>

#include "core/config.hpp"
#include "training/ema.hpp"
#include "training/learning_rate.hpp"
#include "training/loss_scaler.hpp"
#include "training/task.hpp"

namespace zoetrope {

class communicator;

struct trainer_options {
  int64_t steps = 1000;
  int64_t batch_size = 8;
  int64_t micro_batches = 1;  ///< the batch of all ranks passes in so many pieces: as many fewer activations
  int64_t workers = 1;        ///< micro-batches side by side; on a GPU one
  double bucket_megabytes = 25;  ///< of gradients that ranks sum at once
  double max_grad_norm = 1.0;    ///< 0: gradients are not clipped
  learning_rate_options rate;
  config optimizer;
  std::optional<moving_average_options> ema;
  std::optional<loss_scaler_options> loss_scaler;                      ///< for f16
  int64_t log_every = 10, evaluate_every = 0, checkpoint_every = 500;  ///< steps; 0: only at the end
  int64_t checkpoint_from = 1;                                         ///< no checkpoint before this step
  int64_t keep_checkpoints = 2;
  bool evaluate_at_start = false;
  bool restore_optimizer = true;  ///< false: a run that goes on starts its optimizer anew
  /// Of evaluate(): the training ends before its last step where all are reached.
  named_scalars until;
};
/// error{bad_input} names path, got and wanted.
trainer_options read_trainer_options(const config& options);

enum class resume_mode {
  none,       ///< a folder that has checkpoints is an error
  latest,     ///< nothing to go on from is an error
  automatic,  ///< from the latest checkpoint, or from the start, and says which
};

struct training_progress {
  int64_t step, steps;
  double loss, learning_rate, gradient_norm, seconds;  ///< of one step
};

struct trainer_run {
  std::filesystem::path folder;  ///< checkpoints/, log
  resume_mode resume = resume_mode::none;
  std::string config_hash;                                     ///< of what must be the same to go on
  communicator* ranks = nullptr;                               ///< null: one process
  std::function<void(const training_progress&)> on_step = {};  ///< on every rank
  std::function<void(const std::string&)> note = {};           ///< on rank 0
};

/// Called by all ranks. Trains `task` and leaves its parameters at the end (averaged where there is a moving
/// average). Returns what the last look from outside found. error{interrupted} after a checkpoint where the
/// run was asked to stop; error{numerical} with the step and the tensor for a NaN or infinity.
named_scalars train(training_task& task, const trainer_options& options, const trainer_run& run);

}  // namespace zoetrope
