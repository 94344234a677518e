// `zoetrope eval`: how consistent clips are, how much moves in them, and how near they are to references.
// Clips may come from anywhere.
#include <cmath>
#include <optional>
#include <span>
#include <thread>

#include "cli/commands.hpp"
#include "cli/eval_report.hpp"
#include "cli/interruption.hpp"
#include "cli/progress.hpp"
#include "cli/set_flags.hpp"
#include "core/io/atomic_file.hpp"
#include "core/io/hdf5_file.hpp"
#include "core/json_text.hpp"
#include "core/name_messages.hpp"
#include "eval/number_text.hpp"
#include "pipelines/generation_run.hpp"
#include "pipelines/plugin.hpp"

namespace zoetrope {

namespace {

namespace fs = std::filesystem;

struct eval_arguments {
  std::vector<std::string> clips, metrics, plugins;
  std::string prompts, reference, json_file, csv_file, weights;
  double fps = 0;
  int threads = 0;
  bool allow_torchscript = false, quiet = false;
};

struct chosen_metrics {
  std::vector<config> of_clips, of_sets;
};

// All that are there where none is named.
chosen_metrics metrics_named(const std::vector<std::string>& texts) {
  const std::vector<std::string> of_clips = metrics().names(), of_sets = set_metrics().names();
  std::vector<std::string> known = of_clips;
  known.insert(known.end(), of_sets.begin(), of_sets.end());
  chosen_metrics chosen;
  for (const std::string& text : texts.empty() ? known : texts) {
    const std::string name = text.substr(0, text.find(':'));
    ZT_CHECK(std::find(known.begin(), known.end(), name) != known.end(), usage,
             "--metrics: ", unknown_name("metric", name, known));
    const bool is_of_sets = std::find(of_sets.begin(), of_sets.end(), name) != of_sets.end();
    (is_of_sets ? chosen.of_sets : chosen.of_clips).push_back(metric_options(text));
  }
  return chosen;
}

evaluation_request request_of(const eval_arguments& chosen) {
  evaluation_request request;
  for (const std::string& path : chosen.clips)
    for (clip_file& clip : clips_in(path)) request.clips.push_back(std::move(clip));
  if (!chosen.reference.empty()) request.references = clips_in(chosen.reference);
  if (!chosen.prompts.empty()) request.prompts = prompts_in(chosen.prompts);
  ZT_CHECK(request.prompts.empty() || request.prompts.size() == request.clips.size(), bad_input,
           printable(chosen.prompts), ": ", counted(request.prompts.size(), "prompt"), " for ",
           counted(request.clips.size(), "clip"), ": wanted one a clip, in their order");
  ZT_CHECK(std::isfinite(chosen.fps) && chosen.fps >= 0, usage, "--fps: got ", chosen.fps,
           ", wanted frames a second, or 0");
  request.fps = chosen.fps;
  ZT_CHECK(chosen.threads >= 0 && chosen.threads <= 4096, usage, "--threads: got ", chosen.threads,
           ", wanted 0 (all cores) to 4096");
  request.threads =
      chosen.threads ? chosen.threads : std::max(1, static_cast<int>(std::thread::hardware_concurrency()));
  return request;
}

void put(atomic_file& file, const std::string& text) {
  file.write(std::as_bytes(std::span(text)));
  file.commit();
}

void run(const eval_arguments& chosen, console& out) {
  out.quiet = chosen.quiet;
  for (const std::string& library : chosen.plugins) load_plugin(library);
  const metric_setup setup = metric_setup_of(chosen.weights, chosen.allow_torchscript);
  // Made without the weights first: what fails then was typed, what fails after it is wrong in a file.
  const chosen_metrics named = as_typed([&] {
    chosen_metrics typed = metrics_named(chosen.metrics);
    metric_suite{typed.of_clips};
    make_set_metrics(typed.of_sets);
    return typed;
  });
  const metric_suite suite(named.of_clips, setup);
  const std::vector<named_set_metric> sets = make_set_metrics(named.of_sets, setup);
  evaluation_request request = request_of(chosen);
  // A file that cannot be written is told before the work.
  expect_replaceable(chosen.json_file, ".json");
  expect_replaceable(chosen.csv_file, ".csv");
  const auto place = [](const std::string& file) { return fs::weakly_canonical(fs::absolute(file)); };
  ZT_CHECK(chosen.json_file.empty() || chosen.csv_file.empty() ||
               place(chosen.json_file) != place(chosen.csv_file),
           usage, "--json and --csv: both are ", printable(chosen.json_file),
           "; give each a file of its own");
  std::optional<atomic_file> json_file, csv_file;
  if (!chosen.json_file.empty()) json_file.emplace(chosen.json_file);
  if (!chosen.csv_file.empty()) csv_file.emplace(chosen.csv_file);
  auto bar = std::make_unique<progress>(progress_style(out.quiet), "measuring", "clip");
  request.on_clip = [&](std::size_t done, std::size_t total) {
    bar->update(static_cast<int64_t>(done), static_cast<int64_t>(total));
    stop_if_interrupted();
  };
  const evaluation result = evaluate(request, suite, sets);
  bar.reset();
  for (const std::string& line : as_table(result)) out.print(line);
  if (json_file) put(*json_file, pretty(to_json(result)) + "\n");
  if (csv_file) put(*csv_file, to_csv(result));
}

}  // namespace

void add_eval(CLI::App& program, command_context& context) {
  auto chosen = std::make_shared<eval_arguments>();
  CLI::App* command =
      program.add_subcommand("eval", "scores clips from anywhere: consistency over time, motion, …");
  command
      ->add_option(
          "clip", chosen->clips,
          "GIF, MP4 or WebM files, folders of numbered pictures, results that kept their frames (.h5), or "
          "folders of such clips")
      ->required();
  command
      ->add_option("--metrics", chosen->metrics,
                   "names (zoetrope list metrics), options after colons: "
                   "warp_error:method=farneback; all if left out")
      ->option_text("A,B")
      ->delimiter(',')
      ->allow_extra_args(false);
  command
      ->add_option("--prompts", chosen->prompts,
                   "one prompt a line, one line a clip, in their order; a result has its own")
      ->type_name("FILE");
  command
      ->add_option("--reference", chosen->reference,
                   "reference videos: each clip's is the one of its name; together they are the set for "
                   "rfd_v1, kvd_v1 and fvd")
      ->type_name("CLIP|DIR");
  command->add_option("--json", chosen->json_file, "everything, with values of each pair and curves")
      ->type_name("FILE");
  command->add_option("--csv", chosen->csv_file, "a line a clip and metric")->type_name("FILE");
  add_metric_setup_flags(*command, chosen->weights, chosen->allow_torchscript, chosen->plugins);
  command->add_option("--fps", chosen->fps, "frames a second; 0: what the file says, 8 where it says nothing")
      ->capture_default_str();
  command->add_option("--threads", chosen->threads, "CPU threads; 0: all cores; changes no result")
      ->capture_default_str();
  command->add_flag("-q,--quiet", chosen->quiet, "no progress");
  command->footer(
      "A clip without motion is marked *: that it is consistent is no merit. docs/metrics.md says what "
      "each metric is.");
  command->callback([chosen, &context] { run(*chosen, context.out); });
}

}  // namespace zoetrope
