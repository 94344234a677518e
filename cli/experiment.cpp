// `zoetrope experiment run|launch`: an experiment from a file, here or on many machines.
#include <cstdlib>

#include "cli/commands.hpp"
#include "cli/experiment_outlook.hpp"
#include "cli/interruption.hpp"
#include "cli/progress.hpp"
#include "core/json_text.hpp"
#include "eval/number_text.hpp"
#include "experiments/experiment_run.hpp"
#include "experiments/launch.hpp"
#include "experiments/other_results.hpp"
#include "experiments/same_clips.hpp"

namespace zoetrope {

namespace {

namespace fs = std::filesystem;

struct experiment_arguments {
  std::string file, output, share = "auto";
  std::vector<std::string> sets;
  bool dry_run = false, retry_failed = false, as_json = false, quiet = false;
};

cell_conditions conditions_of(const command_context& context) {
  return {context.command_line, [] { return pending_signal() == 0; }};
}

fs::path folder_of(const experiment_arguments& chosen, const experiment_file& experiment) {
  return chosen.output.empty() ? fs::path("results") / experiment.name : fs::path(chosen.output);
}

shard share_of(const experiment_arguments& chosen, const console& out) {
  if (chosen.share != "auto") return parse_shard(chosen.share);
  const shard share = shard_of_environment([](const char* name) { return std::getenv(name); });
  if (!share.origin.empty())
    out.note(concat("share ", share.index + 1, " of ", share.count, ", as ", share.origin, " says"));
  return share;
}

// What was there before and is not what this run would make.
void tell_others(const fs::path& folder, const experiment_file& experiment, const experiment_cells& all,
                 const console& out) {
  const other_results others = other_results_in(folder, experiment.name, all);
  if (others.superseded > 0)
    out.warn(concat(printable(folder.string()), ": ", counted(others.superseded, "result"),
                    others.superseded == 1 ? " was" : " were",
                    " made from another config than this experiment has now: ", others.differences,
                    ". They stay beside the new ones: take another --output, or give --newest to "
                    "`results compare` and `report`"));
  if (others.beside > 0)
    out.note(
        concat(printable(folder.string()), ": ", counted(others.beside, "result"),
               others.beside == 1 ? " is" : " are",
               " of arms, prompts or seeds that the experiment does not have now; `report` takes them in"));
}

void tell_unkept(const std::map<std::string, std::size_t>& unkept, const console& out) {
  for (const auto& [what, cells] : unkept)
    out.note(
        concat(counted(cells, "finished cell"), cells == 1 ? " has" : " have", " no ", what,
               ", which `keep` asks for: they were made without. Take their files away, and the next run "
               "makes them again"));
}

// The clips of all arms, once all cells of this run are there.
std::size_t check_same_clips(const experiment_file& experiment, const experiment_cells& all,
                             const fs::path& folder, const console& out) {
  if (!experiment.same_clips) return 0;
  const auto misfits = clips_that_differ(folder, all, *experiment.same_clips);
  for (const clip_difference& one : misfits)
    out.warn(concat(one.cell, ": the clip is not the first arm's: by up to ", one.levels,
                    " of 255 levels, in ", shown_number(100 * one.share),
                    " % of the values; same_clips allows ", *experiment.same_clips));
  return misfits.size();
}

run_summary run_or_say_how_to_go_on(const experiment_file& experiment, const experiment_cells& all,
                                    const run_options& options) {
  try {
    return run_experiment(experiment, all, options);
  } catch (const error& failure) {
    if (failure.kind() != error_kind::interrupted) throw;
    throw error(
        failure.kind(),
        concat(failure.what(), "; finished cells are kept: the same command goes on with the others"));
  }
}

void tell_outlook(const experiment_outlook& found, bool as_json, command_context& context) {
  const console& out = context.out;
  for (const std::string& what : found.unreadable) out.warn(what);
  tell_unkept(found.unkept, out);
  if (!found.unreadable.empty()) context.exit_code = exit_code(error_kind::runtime);
  if (as_json) return out.print(pretty(to_json(found)));
  for (const std::string& line : as_lines(found)) out.print(line);
}

std::string summary_line(const run_summary& summary) {
  const std::size_t elsewhere = summary.elsewhere;
  return concat(
      counted(summary.run, "cell"), " run, ", summary.there,
      summary.there == 1 ? " was there, " : " were there, ",
      elsewhere > 0 ? concat(elsewhere, elsewhere == 1 ? " is" : " are", " being made by another run, ") : "",
      summary.failed, " failed",
      summary.unreadable > 0 ? concat(", ", summary.unreadable, " unreadable") : "");
}

// With progress and each cell's failure as it comes.
run_summary run_shown(const experiment_file& experiment, const experiment_cells& all, run_options options,
                      const console& out) {
  progress shown(progress_style(out.quiet), experiment.name, "cell");
  std::size_t skipped = 0;
  options.on_cell = [&](const cell_report& cell) {
    skipped += cell.skipped;
    if (!cell.failure.empty()) {
      shown.pause();
      out.warn(concat(cell.label, ": ", cell.failure));
    }
    if (!cell.skipped)
      shown.update(static_cast<int64_t>(cell.done - skipped), static_cast<int64_t>(cell.count - skipped));
  };
  return run_or_say_how_to_go_on(experiment, all, options);
}

void run_cells(const experiment_arguments& chosen, command_context& context) {
  console& out = context.out;
  out.quiet = chosen.quiet || chosen.as_json;
  const experiment_file experiment = read_experiment(chosen.file, chosen.sets);
  const experiment_cells all = cells_of(experiment);
  for (const auto& [metric, why] : all.unavailable)
    out.warn(concat("metric ", metric, " is unavailable: ", why));
  run_options options;
  options.folder = folder_of(chosen, experiment);
  options.share = share_of(chosen, out);
  options.retry_failed = chosen.retry_failed;
  options.conditions = conditions_of(context);
  tell_others(options.folder, experiment, all, out);
  if (chosen.dry_run) return tell_outlook(outlook_of(experiment, all, options), chosen.as_json, context);
  const run_summary summary = run_shown(experiment, all, options, out);
  tell_unkept(summary.unkept, out);
  const std::size_t differing = check_same_clips(experiment, all, options.folder, out);
  if (chosen.as_json)
    out.print(pretty({{"experiment", experiment.name},
                      {"folder", options.folder.string()},
                      {"run", summary.run},
                      {"skipped", summary.there + summary.elsewhere},
                      {"elsewhere", summary.elsewhere},
                      {"failed", summary.failed},
                      {"unreadable", summary.unreadable},
                      {"differing_clips", differing}}));
  else
    out.print(concat(experiment.name, ": ", summary_line(summary), "; ", options.folder.string()));
  if (summary.failed + summary.unreadable + differing > 0) context.exit_code = exit_code(error_kind::runtime);
}

void add_run(CLI::App& experiment, command_context& context) {
  auto chosen = std::make_shared<experiment_arguments>();
  CLI::App* command = experiment.add_subcommand("run", "runs the cells that have no result yet");
  command->add_option("file", chosen->file, "the experiment, YAML or JSON (docs/experiments.md)")->required();
  command->add_option("--output", chosen->output, "where results go; default: results/NAME")
      ->type_name("DIR");
  command
      ->add_option("--shard", chosen->share,
                   "i/n: the i-th of n shares of the cells; auto: as Slurm's or MPI's variables say, "
                   "else all")
      ->type_name("i/n")
      ->capture_default_str();
  command->add_option("--set", chosen->sets, "changes the file's tree, e.g. base.steps=4 or seeds=[0,1]")
      ->type_name("PATH=VALUE")
      ->allow_extra_args(false);
  command->add_flag("--dry_run", chosen->dry_run,
                    "check everything, say what would run, how long and in how much memory; write nothing");
  command->add_flag("--retry_failed", chosen->retry_failed, "runs failed cells again");
  command->add_flag("--json", chosen->as_json, "as JSON on stdout, no progress");
  command->add_flag("-q,--quiet", chosen->quiet, "no notes, no progress");
  command->footer("Exit code 1 where a cell failed, or where clips differ that must not (same_clips).");
  command->callback([chosen, &context] { run_cells(*chosen, context); });
}

struct launch_arguments {
  experiment_arguments run;
  std::optional<std::size_t> slurm, mpirun;
};

void print_launch(const launch_arguments& chosen, const console& out) {
  ZT_CHECK(chosen.slurm || chosen.mpirun, usage, "launch: give --slurm N or --mpirun N");
  ZT_CHECK(!chosen.slurm || !chosen.mpirun, usage, "launch: give --slurm N or --mpirun N, not both");
  const std::size_t jobs = chosen.slurm ? *chosen.slurm : *chosen.mpirun;
  ZT_CHECK(jobs > 0, usage, chosen.slurm ? "--slurm" : "--mpirun", ": got 0, wanted 1 or more");
  const experiment_file experiment = read_experiment(chosen.run.file, chosen.run.sets);
  cells_of(experiment);  // a mistake is found here, and not by every job
  launch_options options{fs::read_symlink("/proc/self/exe"), {fs::absolute(chosen.run.file).string()}, {}, 0};
  options.arguments.insert(options.arguments.end(),
                           {"--output", fs::absolute(folder_of(chosen.run, experiment)).string()});
  for (const std::string& assignment : chosen.run.sets)
    options.arguments.insert(options.arguments.end(), {"--set", assignment});
  options.name = experiment.name;
  options.jobs = jobs;
  std::string text = chosen.slurm ? slurm_script(options) : mpirun_line(options);
  if (text.ends_with('\n')) text.pop_back();
  out.print(text);
}

void add_launch(CLI::App& experiment, command_context& context) {
  auto chosen = std::make_shared<launch_arguments>();
  CLI::App* command = experiment.add_subcommand(
      "launch", "prints a job script for Slurm's arrays, or a line for mpirun: every job runs its share");
  command->add_option("file", chosen->run.file, "the experiment, YAML or JSON")->required();
  command->add_option("--slurm", chosen->slurm, "for sbatch: an array of so many jobs")->type_name("N");
  command->add_option("--mpirun", chosen->mpirun, "so many processes of one mpirun")->type_name("N");
  command->add_option("--output", chosen->run.output, "where results go; default: results/NAME, from here")
      ->type_name("DIR");
  command->add_option("--set", chosen->run.sets, "as for run")
      ->type_name("PATH=VALUE")
      ->allow_extra_args(false);
  command->callback([chosen, &context] { print_launch(*chosen, context.out); });
}

}  // namespace

void add_experiment(CLI::App& program, command_context& context) {
  CLI::App* command =
      program.add_subcommand("experiment", "runs an experiment: axes, prompts, seeds, metrics");
  command->require_subcommand(1);
  add_run(*command, context);
  add_launch(*command, context);
}

}  // namespace zoetrope
