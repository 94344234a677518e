// `zoetrope results`: shows, exports and merges the results of experiments, and has them listed and
// compared.
#include "cli/commands.hpp"
#include "cli/compare_results.hpp"
#include "cli/text_table.hpp"
#include "core/io/atomic_file.hpp"
#include "core/json_text.hpp"
#include "eval/export_results.hpp"
#include "eval/number_text.hpp"

namespace zoetrope {

namespace {

// ---- show

void show_numbers(const console& out, const result& cell) {
  text_table lines({"measure", ">value", "unit", "better"});
  for (const auto& [name, metric] : cell.metrics)
    if (metric.unavailable.empty())
      lines.row({printable(name), shown_number(metric.per_video), printable(metric.unit), metric.better});
    else
      lines.row({printable(name), "-", printable(metric.unavailable), ""});
  const auto cost = [&](const std::string& name, const char* unit, const std::string& samples) {
    lines.row({printable(name), shown_number(value_of(cell, {name, unit, "lower", measure::cost}), unit),
               samples, "lower"});
  };
  for (const auto& [part, samples] : cell.speed)
    cost("speed/" + part, "s",
         concat("median of ", samples.seconds.size(), ", stopped by ", samples.stopped,
                samples.throttled ? ", the machine slowed down" : ""));
  const measure rate{"speed/clips_per_minute", "1/min", "higher", measure::cost};
  if (const double value = value_of(cell, rate); !std::isnan(value))
    lines.row({rate.name, shown_number(value), rate.unit, rate.better});
  for (const auto& [name, bytes] : cell.memory) cost("memory/" + name, "B", "");
  lines.print(out);
}

void show(const result_arguments& chosen, const console& out) {
  for (const stored_result& stored : read_whole_results(chosen.places.paths)) {
    const result& cell = stored.cell;
    const auto line = [&](const char* name, const std::string& text) {
      if (!text.empty())
        out.print(concat(name, std::string(12 - std::string(name).size(), ' '), printable(text, 2000)));
    };
    line("file", stored.place());
    line("experiment", cell.experiment);
    line("arm", compact(cell.arm));
    line("prompt", cell.prompt);
    line("config hash", config_hash(cell.config));
    line("seed", concat(cell.seed, cell.repeat > 0 ? concat(", repeat ", cell.repeat) : ""));
    line("status", cell.status);
    line("error", cell.error);
    line("ran", concat(cell.started, " to ", cell.finished));
    line("device", concat(cell.device, ", ", counted(cell.threads, "thread"),
                          cell.driver == "none" ? "" : ", driver " + cell.driver));
    line("versions", compact(cell.versions));
    line("revision", cell.git_revision + (cell.git_dirty ? " (changed)" : ""));
    line("command", cell.command);
    line("frames", stored.has_frames ? "kept" : "not kept");
    show_numbers(out, cell);
  }
}

// ---- export, merge

void export_all(const result_arguments& chosen, const console& out) {
  ZT_CHECK(chosen.as_csv != chosen.as_json, usage, "export: give --csv or --json");
  const std::vector<stored_result> cells = read_cells(chosen.places, out);
  const arm_table table(cells);
  expect_replaceable(chosen.output, chosen.as_csv ? ".csv" : ".json");
  std::string text = chosen.as_csv ? results_as_csv(table) : pretty(results_as_json(table)) + "\n";
  if (!chosen.output.empty()) return write_text_file(chosen.output, text);
  text.pop_back();  // print() ends the last line
  out.print(text);
}

void merge(const result_arguments& chosen, const console& out) {
  const std::vector<stored_result> cells = read_cells(chosen.places, out);
  merge_results(cells, chosen.output);
  out.note(concat(printable(chosen.output.string()), ": ", counted(cells.size(), "cell")));
}

using action = void (*)(const result_arguments&, const console&);

CLI::App& add(CLI::App& parent, const char* name, const char* summary, result_arguments& chosen, action run,
              command_context& context) {
  CLI::App* command = parent.add_subcommand(name, summary);
  add_places(*command, chosen.places);
  command->callback([&chosen, run, &context] { run(chosen, context.out); });
  return *command;
}

}  // namespace

void add_results(CLI::App& program, command_context& context) {
  auto kept = std::make_shared<result_arguments>();
  result_arguments& chosen = *kept;
  CLI::App* results = program.add_subcommand("results", "lists, shows, compares, exports and merges results");
  results->require_subcommand(1);
  results->callback([kept] {});  // keeps the arguments as long as the program
  add(*results, "list", "experiments, their arms and cells, and which cells failed", chosen, list_results,
      context);
  add(*results, "show", "what a cell is, and its numbers", chosen, show, context);
  CLI::App& comparing =
      add(*results, "compare", "paired differences of every arm from one of them, with intervals and tests",
          chosen, compare_arms, context);
  comparing.add_option("--measures", chosen.measures, "these alone, and the motion amount; all if left out")
      ->option_text("A,B")
      ->delimiter(',')
      ->allow_extra_args(false);
  add_comparison_flags(comparing, chosen.comparison);
  comparing.add_flag("--json", chosen.as_json, "as JSON on stdout");
  CLI::App& sets =
      add(*results, "sets", "every arm's clips as one set: distances from reference clips, with tests",
          chosen, compare_arms_as_sets, context);
  add_set_flags(sets, chosen.sets);
  add_comparison_flags(sets, chosen.comparison);
  sets.add_flag("--json", chosen.as_json, "as JSON on stdout");
  CLI::App& exporting =
      add(*results, "export", "a table for other programs: a row a cell", chosen, export_all, context);
  exporting.add_flag("--csv", chosen.as_csv, "one line a cell, one column an axis and a measure");
  exporting.add_flag("--json", chosen.as_json, "everything but frames and latents");
  exporting.add_option("--output", chosen.output, "stdout if left out")->type_name("FILE");
  CLI::App& merging =
      add(*results, "merge", "one file with all cells, and tables over them", chosen, merge, context);
  merging.add_option("--output", chosen.output, "the new file")->type_name("FILE.h5")->required();
  for (CLI::App* command : {&comparing, &sets, &exporting, &merging})
    add_newest_flag(*command, chosen.places);
}

}  // namespace zoetrope
