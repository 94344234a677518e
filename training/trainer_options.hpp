// How a training goes, whatever it trains: the keys of a stage's config that the trainer reads.
#pragma once

#include <optional>

#include "core/config.hpp"
#include "training/ema.hpp"
#include "training/learning_rate.hpp"
#include "training/loss_scaler.hpp"
#include "training/task.hpp"

namespace zoetrope {

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
  // Of evaluate():
  named_scalars until;    ///< the training ends before its last step where all are reached
  named_scalars require;  ///< and fails where one of these is not reached at its end
};
/// error{bad_input} names path, got and wanted.
trainer_options read_trainer_options(const config& options);

/// Whether all of `wanted`, of which there is one at least, are reached.
bool reached(const named_scalars& wanted, const named_scalars& found);

/// What is wrong with the names of `wanted`, an `until` or a `require`; empty where the task measures them all.
std::string not_measured(const named_scalars& wanted, const training_task& task);

}  // namespace zoetrope
