// The commands of the program. Each add_… declares its options below `program` and leaves a callback that
// runs the command while CLI11 parses; a command tells its exit code only where it is not 0.
#pragma once

#include <CLI/CLI.hpp>

#include "cli/console.hpp"

namespace zoetrope {

struct command_context {
  console out;
  int exit_code = 0;
  std::string command_line;  ///< as it was typed, words quoted where they need it
};

void add_generate(CLI::App& program, command_context& context);
void add_list(CLI::App& program, command_context& context);
void add_describe(CLI::App& program, command_context& context);
void add_inspect(CLI::App& program, command_context& context);
void add_verify(CLI::App& program, command_context& context);
void add_profile(CLI::App& program, command_context& context);
void add_eval(CLI::App& program, command_context& context);
void add_plan(CLI::App& program, command_context& context);
void add_init(CLI::App& program, command_context& context);
void add_train(CLI::App& program, command_context& context);
void add_experiment(CLI::App& program, command_context& context);
void add_reproduce(CLI::App& program, command_context& context);
void add_report(CLI::App& program, command_context& context);
void add_results(CLI::App& program, command_context& context);
void add_diff(CLI::App& program, command_context& context);
void add_atlas(CLI::App& program, command_context& context);
void add_doctor(CLI::App& program, command_context& context);

}  // namespace zoetrope
