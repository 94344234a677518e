// What started this process, and as which rank: read from the environment that mpirun, srun or torchrun
// leave to it. Free of torch.
#pragma once

#include <functional>
#include <optional>
#include <string>

namespace zoetrope {

struct launch {
  enum class engine {
    none,   ///< one process
    mpi,    ///< mpirun, or srun --mpi=pmix; ranks are MPI's to tell
    store,  ///< torchrun's variables: a TCP store at address:port
  };
  engine by = engine::none;
  // What follows is of `store` alone.
  int rank = 0, size = 1, local_rank = 0;
  std::string address;
  int port = 0;
  bool hosted = false;        ///< the launcher runs the store; else rank 0 does
  std::string attempt = "0";  ///< torchrun starts all ranks again where one failed
};

using environment = std::function<std::optional<std::string>(const char* name)>;
/// getenv.
std::optional<std::string> environment_variable(const char* name);

/// error{usage} for variables that contradict each other, are no numbers, or tell of several ranks but not
/// how to reach them.
launch read_launch(const environment& variable = environment_variable);

}  // namespace zoetrope
