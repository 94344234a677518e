// See application.hpp.
#include "cli/application.hpp"

#include <new>
#include <sstream>

#include "cli/commands.hpp"
#include "cli/interruption.hpp"
#include "core/name_messages.hpp"
#include "core/tensor/torch_error.hpp"
#include "eval/network_metrics.hpp"
#include "experiments/launch.hpp"

namespace zoetrope {

namespace {

// `--no-metadata` and `--no_metadata` are one option: names are declared with underscores, as Hotshot-XL's
// are.
std::vector<std::string> with_underscores(int argc, const char* const* argv) {
  std::vector<std::string> arguments(argv + 1, argv + argc);
  for (std::string& argument : arguments) {
    if (argument == "--") break;
    if (!argument.starts_with("--")) continue;
    const std::size_t end = std::min(argument.find('='), argument.size());
    std::replace(argument.begin() + 2, argument.begin() + end, '-', '_');
  }
  return arguments;
}

std::string command_line_of(int argc, const char* const* argv) {
  std::string line = "zoetrope";
  for (int i = 1; i < argc; ++i) line.append(1, ' ').append(shell_word(argv[i]));
  return line;
}

std::vector<std::string> command_names(const CLI::App& program) {
  std::vector<std::string> names;
  for (const CLI::App* command : program.get_subcommands({})) names.push_back(command->get_name());
  return names;
}

// `results compare` of `zoetrope results compare …`.
const CLI::App& innermost(const CLI::App& command) {
  const auto chosen = command.get_subcommands();
  return chosen.empty() ? command : innermost(*chosen.front());
}

// "results compare"
std::string full_name(const CLI::App& command) {
  const CLI::App* parent = command.get_parent();
  return parent && parent->get_parent() ? full_name(*parent) + " " + command.get_name() : command.get_name();
}

// CLI11 says that an argument was not expected; we say what it may have been meant to be.
std::string explain_extras(const CLI::App& program) {
  const CLI::App& command = innermost(program);
  const std::string name = full_name(command);
  auto extras = command.remaining();
  if (extras.empty()) extras = program.remaining(/*recurse=*/true);
  const std::string argument = extras.front();
  if (const auto commands = command_names(command); !commands.empty())
    return concat(&command == &program ? "" : name + ": ", unknown_name("command", argument, commands));
  if (!argument.starts_with("-"))
    return concat(name, ": unexpected argument '", printable(argument),
                  "' (a text with spaces needs quotes)");
  std::vector<std::string> names;
  for (const CLI::Option* option : command.get_options())
    for (const std::string& each : option->get_lnames()) names.push_back("--" + each);
  const std::string option = argument.substr(0, argument.find('='));
  return concat(name, ": unknown option '", printable(option), "'", did_you_mean(option, names),
                " (zoetrope ", name, " --help lists all)");
}

int fail(const console& out, error_kind kind, const std::string& message) {
  out.fail(message);
  return exit_code_now(kind);
}

void declare(CLI::App& program, command_context& context) {
  program.name("zoetrope");
  program.description("Text-to-video diffusion: Hotshot-XL and its relatives, in C++.");
  program.footer(
      "A first clip:  zoetrope generate --prompt \"a red circle moving left\" --output circle.gif\n"
      "Long options may be written with - or _.  Exit codes: 0 ok, 1 runtime, 2 usage, 3 bad input file,\n"
      "4 out of memory, 5 numerical failure, 130 interrupted.");
  program.set_version_flag("--version", "zoetrope " ZOETROPE_VERSION);
  program.require_subcommand(1);
  program.get_formatter()->column_width(38);
  add_generate(program, context);
  add_list(program, context);
  add_describe(program, context);
  add_inspect(program, context);
  add_verify(program, context);
  add_profile(program, context);
  add_eval(program, context);
  add_plan(program, context);
  add_init(program, context);
  add_train(program, context);
  add_experiment(program, context);
  add_reproduce(program, context);
  add_report(program, context);
  add_results(program, context);
  add_diff(program, context);
  add_atlas(program, context);
  add_doctor(program, context);
}

// Through the console, which tells of a stdout that takes nothing.
void print_help(const CLI::App& program, const CLI::Success& asked, const console& out) {
  std::ostringstream text;
  program.exit(asked, text, text);
  std::string lines = text.str();
  lines.erase(lines.find_last_not_of('\n') + 1);
  out.print(lines);
}

// An argument without a name, or one whose values are files.
bool takes_path(const CLI::Option& option) {
  const std::string type = option.get_type_name();
  return option.get_lnames().empty() ||
         (type.find('=') == std::string::npos &&
          (type.find("FILE") != std::string::npos || type.find("DIR") != std::string::npos ||
           type.find("PATH") != std::string::npos));
}

// CLI11 takes the word behind an option for its value, whatever it is; and a shell an unset variable for "".
void refuse_what_is_no_value(CLI::App& command) {
  for (CLI::Option* option : command.get_options()) {
    if (takes_path(*option))
      option->check([](const std::string& text) { return text.empty() ? "got '', wanted a name" : ""; }, "");
    if (!option->get_lnames().empty())
      option->check(
          [](const std::string& text) {
            return text.starts_with("--")
                       ? concat("got '", printable(text), "', which is an option; wanted a value")
                       : std::string();
          },
          "");
  }
  for (CLI::App* each : command.get_subcommands({})) refuse_what_is_no_value(*each);
}

}  // namespace

int run_application(int argc, const char* const* argv) {
  install_signal_handlers();
  add_network_metrics();
  command_context context;
  CLI::App program;
  try {
    declare(program, context);
    refuse_what_is_no_value(program);
    context.command_line = command_line_of(argc, argv);
    auto arguments = with_underscores(argc, argv);
    if (arguments.empty()) arguments.push_back("--help");
    std::reverse(arguments.begin(), arguments.end());  // CLI11 takes them from the back
    try {
      program.parse(std::move(arguments));
    } catch (const CLI::Success& asked) {
      print_help(program, asked, context.out);
    }
    return context.exit_code;
  } catch (const CLI::ParseError& failure) {
    const bool unknown_command =
        !command_names(innermost(program)).empty() && !program.remaining(/*recurse=*/true).empty();
    if (unknown_command || dynamic_cast<const CLI::ExtrasError*>(&failure))
      return fail(context.out, error_kind::usage, explain_extras(program));
    return fail(context.out, error_kind::usage, printable(failure.what(), 1000));
  } catch (const error& failure) {
    return fail(context.out, failure.kind(), failure.what());
  } catch (const c10::Error& failure) {
    const error ours = as_error(failure);
    return fail(context.out, ours.kind(), ours.what());
  } catch (const std::bad_alloc&) {
    return fail(context.out, error_kind::out_of_memory, "out of memory");
  } catch (const std::exception& failure) {
    return fail(context.out, error_kind::runtime, failure.what());
  }
}

}  // namespace zoetrope
