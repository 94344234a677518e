// Two generations step by step on the same noise, compared layer by layer; or one against activations that
// another system recorded. At most the activations of one step of both are in memory.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "eval/activation_diff.hpp"
#include "pipelines/text_to_video.hpp"

namespace zoetrope {

struct diff_options {
  double tolerance = 0;             ///< of max abs; 0: to the bit
  std::vector<std::string> layers;  ///< those whose names contain one of these; empty: all
  std::function<bool(int64_t done, int64_t count)> on_step = {};  ///< false cancels: error{interrupted}
};

/// A generation that can run.
struct diff_run {
  const text_to_video_model& model;
  text_to_video_call call;
};

/// Each run has a model of its own. Run b gets the noise of run a even where its dtype draws other numbers.
/// error{usage} for runs that are not at the same places at the same time: other clips, sizes, seeds,
/// timesteps, or guidance in one alone; and for an input video under two dtypes. Other schedulers are
/// compared where their timesteps are the same.
activation_diff diff_in_lockstep(const diff_run& a, const diff_run& b, const diff_options& options);

/// The run as `a`, the recorded ones as `b`.
activation_diff diff_with_recorded(const diff_run& run, const activations& recorded,
                                   const diff_options& options);

/// How many steps the call runs.
int64_t step_count(const diff_run& run);

}  // namespace zoetrope
