// `zoetrope reproduce FILE.h5`: the stored config once more, and whether the numbers are the same.
#include <cstdio>

#include "cli/commands.hpp"
#include "cli/interruption.hpp"
#include "core/json_text.hpp"
#include "experiments/reproduce.hpp"

namespace zoetrope {

namespace {

std::string exactly(double number) {
  char text[32];
  std::snprintf(text, sizeof text, "%.17g", number);
  return text;
}

json to_json(const reproduction& found) {
  json numbers = json::array();
  for (const changed_number& number : found.numbers)
    numbers.push_back({{"name", number.name}, {"before", number.before}, {"after", number.after}});
  return {{"agrees", found.agrees()},
          {"frames_agree", found.frames_agree},
          {"latents_agree", found.latents_agree},
          {"numbers", numbers},
          {"facts", found.facts}};
}

void print(const reproduction& found, const console& out) {
  const auto verdict = [](bool agrees) { return agrees ? "the same, to the bit" : "not the same"; };
  out.print(concat("frames: ", verdict(found.frames_agree)));
  out.print(concat("latents: ", verdict(found.latents_agree)));
  for (const changed_number& number : found.numbers)
    out.print(number.before == 0 && !number.name.starts_with("metric")
                  ? concat(number.name, ": differ by up to ", exactly(number.after))
                  : concat(number.name, ": ", exactly(number.before), ", now ", exactly(number.after)));
  if (found.numbers.empty()) out.print("metrics: the same, to the bit");
  for (const std::string& fact : found.facts) out.print(fact);
}

}  // namespace

void add_reproduce(CLI::App& program, command_context& context) {
  auto file = std::make_shared<std::string>();
  auto as_json = std::make_shared<bool>(false);
  CLI::App* command =
      program.add_subcommand("reproduce", "runs a result's config again and compares the numbers");
  command->add_option("file", *file, "a result, .h5")->required();
  command->add_flag("--json", *as_json, "as JSON on stdout");
  command->footer("Exit code 0 if clip, latents and metrics are the same to the bit, else 1.");
  command->callback([file, as_json, &context] {
    const reproduction found = reproduce(*file, {context.command_line, [] { return pending_signal() == 0; }});
    if (*as_json)
      context.out.print(pretty(to_json(found)));
    else
      print(found, context.out);
    if (!found.agrees()) context.exit_code = exit_code(error_kind::runtime);
  });
}

}  // namespace zoetrope
