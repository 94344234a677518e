// See launch.hpp.
#include "experiments/launch.hpp"

#include <algorithm>

#include "core/error.hpp"

namespace zoetrope {
namespace {

std::string command_of(const launch_options& options) {
  std::string line = concat(shell_word(options.program.string()), " experiment run");
  for (const std::string& argument : options.arguments) line.append(1, ' ').append(shell_word(argument));
  return line;
}

}  // namespace

std::string shell_word(const std::string& text) {
  const auto plain = [](unsigned char letter) {
    return std::isalnum(letter) || std::string_view("-_./=,:+@%").find(letter) != std::string_view::npos;
  };
  if (!text.empty() && std::all_of(text.begin(), text.end(), plain)) return text;
  std::string word(1, '\'');
  for (const char letter : text) {
    if (letter == '\'') word.append("'\\'");
    word.push_back(letter);
  }
  word.push_back('\'');
  return word;
}

std::string slurm_script(const launch_options& options) {
  return concat("#!/bin/sh\n#SBATCH --job-name=", shell_word("zoetrope-" + options.name),
                "\n#SBATCH --array=1-", options.jobs, "\n#SBATCH --output=%x-%A_%a.log\nexec ",
                command_of(options), "\n");
}

std::string mpirun_line(const launch_options& options) {
  return concat("mpirun -n ", options.jobs, " ", command_of(options));
}

}  // namespace zoetrope
