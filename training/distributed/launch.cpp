// See launch.hpp.
//   mpirun (Open MPI)   OMPI_COMM_WORLD_SIZE
//   srun --mpi=pmix     PMIX_RANK, SLURM_STEP_NUM_TASKS
//   torchrun            RANK, WORLD_SIZE, LOCAL_RANK, MASTER_ADDR, MASTER_PORT; TORCHELASTIC_USE_AGENT_STORE,
//                       TORCHELASTIC_RESTART_COUNT
//   srun alone          SLURM_PROCID, SLURM_STEP_NUM_TASKS, SLURM_LOCALID, and MASTER_ADDR, MASTER_PORT
// SLURM_NTASKS is not looked at: a batch script has it too, where the program is no task of several.
#include "training/distributed/launch.hpp"

#include <cstdlib>

#include "core/error.hpp"
#include "core/parsed_number.hpp"

namespace zoetrope {
namespace {

constexpr int default_port = 29500;  // torchrun's

int number(const char* name, const std::string& text, int least, int most) {
  const auto value = parsed_number<int>(text);
  ZT_CHECK(value && *value >= least && *value <= most, usage, "distributed: the environment variable ", name,
           " is '", printable(text), "', wanted a number from ", least, " to ", most);
  return *value;
}

class variables {
 public:
  explicit variables(const environment& read) : read_(read) {}

  bool has(const char* name) const { return read_(name).has_value(); }
  int get(const char* name, int fallback, int least, int most) const {
    const auto text = read_(name);
    return text ? number(name, *text, least, most) : fallback;
  }
  std::string text(const char* name, const std::string& fallback) const {
    return read_(name).value_or(fallback);
  }

 private:
  const environment& read_;
};

constexpr int most_ranks = 1 << 20;

launch through_store(const variables& all, const char* rank, const char* size, const char* local_rank) {
  launch found{.by = launch::engine::store};
  found.size = all.get(size, 1, 1, most_ranks);
  found.rank = all.get(rank, 0, 0, found.size - 1);
  found.local_rank = all.get(local_rank, 0, 0, most_ranks);
  if (found.size == 1) return {};
  ZT_CHECK(
      all.has("MASTER_ADDR"), usage, "distributed: ", size, " is ", found.size,
      ", but MASTER_ADDR does not say where rank 0 runs; start with torchrun, mpirun or srun --mpi=pmix");
  found.address = all.text("MASTER_ADDR", "");
  found.port = all.get("MASTER_PORT", default_port, 1, 65535);
  found.hosted = all.text("TORCHELASTIC_USE_AGENT_STORE", "") == "True";
  found.attempt = all.text("TORCHELASTIC_RESTART_COUNT", "0");
  return found;
}

}  // namespace

std::optional<std::string> environment_variable(const char* name) {
  const char* value = std::getenv(name);
  return value ? std::optional<std::string>(value) : std::nullopt;
}

launch read_launch(const environment& variable) {
  const variables all(variable);
  if (all.has("OMPI_COMM_WORLD_SIZE"))
    return all.get("OMPI_COMM_WORLD_SIZE", 1, 1, most_ranks) > 1 ? launch{.by = launch::engine::mpi}
                                                                 : launch{};
  if (all.has("RANK") && all.has("WORLD_SIZE")) return through_store(all, "RANK", "WORLD_SIZE", "LOCAL_RANK");
  if (all.get("SLURM_STEP_NUM_TASKS", 1, 1, most_ranks) == 1) return {};
  if (all.has("PMIX_RANK")) return {.by = launch::engine::mpi};
  return through_store(all, "SLURM_PROCID", "SLURM_STEP_NUM_TASKS", "SLURM_LOCALID");
}

}  // namespace zoetrope
