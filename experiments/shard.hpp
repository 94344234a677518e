// A share of an experiment's cells: for job arrays and for processes of one mpirun.
#pragma once

#include <cstddef>
#include <functional>
#include <string>
#include <string_view>

namespace zoetrope {

struct shard {
  std::size_t index = 0, count = 1;
  std::string origin;  ///< where it was told, for the user: "--shard", "SLURM_ARRAY_TASK_ID"; empty: nowhere
};

/// "2/8": the second of eight. error{usage} for anything else.
shard parse_shard(std::string_view text);

/// What the environment says: SLURM_ARRAY_TASK_ID (with SLURM_ARRAY_TASK_MIN, _STEP and _COUNT), else
/// OMPI_COMM_WORLD_RANK of _SIZE (Open MPI), PMI_RANK of PMI_SIZE (MPICH, Intel MPI), else the whole. `get`
/// is getenv. error{usage} if two of them speak, or one is not a number in its range.
shard shard_of_environment(const std::function<const char*(const char*)>& get);

/// The cells of this share, first to last - 1 of `cells`: shares are contiguous, so that one loads few
/// models, and together they are the whole.
struct cell_range {
  std::size_t first, last;
};
cell_range range_of(const shard& share, std::size_t cells);

}  // namespace zoetrope
