// Where a run begins: from nothing, or from a checkpoint of its folder.
#pragma once

#include <optional>

#include "training/checkpoint.hpp"
#include "training/trainer.hpp"

namespace zoetrope {

/// Looked for and checked by rank 0, for all ranks. error{usage} where the run's resume_mode does not allow
/// what is there, where none of the checkpoints that are there can be read, or where it is of more than `steps`.
std::optional<checkpoint> checkpoint_to_go_on_from(const trainer_run& run, int64_t steps,
                                                   communicator& ranks);

}  // namespace zoetrope
