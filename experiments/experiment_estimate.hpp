// How long an experiment will take and how much memory it needs, told before it runs: memory is planned
// without weights; time is measured on the first arm, for two steps, and carried over to the others by their
// counted operations.
#pragma once

#include <cstdint>
#include <vector>

#include "experiments/cell_run.hpp"
#include "experiments/experiment_cells.hpp"

namespace zoetrope {

struct arm_estimate {
  std::int64_t peak_bytes = 0;  ///< planned
  std::int64_t steps = 0;       ///< of the scheduler
  double step_flops = 0;        ///< counted: UNet and ControlNets
  double pixels = 0;            ///< of the clip, all frames
  double seconds = 0;           ///< of a cell; its `speed` at its timeout
};

/// One entry an arm. Reads the weights of the first arm's model. Errors as text_to_video's.
std::vector<arm_estimate> estimate(const experiment_file& experiment, const experiment_cells& all,
                                   const cell_conditions& conditions);

}  // namespace zoetrope
