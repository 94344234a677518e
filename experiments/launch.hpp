// What starts an experiment on many machines: a job script for Slurm's arrays, a line for mpirun. Each
// process finds its share in its environment (shard.hpp), and results need nothing but a shared folder.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

namespace zoetrope {

struct launch_options {
  std::filesystem::path program;       ///< absolute
  std::vector<std::string> arguments;  ///< of `zoetrope experiment run`, from the file on
  std::string name;                    ///< of the experiment
  std::size_t jobs = 1;
};

/// `text` as one word of a POSIX shell.
std::string shell_word(const std::string& text);
/// For sbatch: an array of `jobs` tasks.
std::string slurm_script(const launch_options& options);
/// For Open MPI, MPICH and Intel MPI.
std::string mpirun_line(const launch_options& options);

}  // namespace zoetrope
