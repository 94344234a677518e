// See set_flags.hpp.
#include "cli/set_flags.hpp"

#include <sstream>
#include <thread>

#include "cli/interruption.hpp"
#include "cli/progress.hpp"
#include "pipelines/generation_run.hpp"
#include "pipelines/plugin.hpp"

namespace zoetrope {

config metric_options(const std::string& text) {
  std::istringstream pieces(text);
  std::string piece;
  std::getline(pieces, piece, ':');
  config options(json{{"type", piece}}, "--metrics");
  while (std::getline(pieces, piece, ':')) options.set(piece);
  return options;
}

metric_setup metric_setup_of(const std::string& weights, bool allow_torchscript) {
  ZT_CHECK(weights.empty() || std::filesystem::is_directory(weights), usage,
           "--metric_weights: ", printable(weights), ": no such folder");
  return {weights, allow_torchscript};
}

void add_metric_setup_flags(CLI::App& command, std::string& weights, bool& allow_torchscript,
                            std::vector<std::string>& plugins) {
  command.add_option("--metric_weights", weights, "weights of the metrics that are networks")
      ->type_name("DIR");
  command.add_flag("--allow_torchscript", allow_torchscript,
                   "run the TorchScript programs in that folder (fvd): only what you trust");
  command.add_option("--plugin", plugins, "a shared library with metrics of yours (docs/plugins.md)")
      ->type_name("FILE")
      ->allow_extra_args(false);
}

void add_set_flags(CLI::App& command, set_flags& flags) {
  command
      .add_option("--set_metrics", flags.metrics,
                  "metrics of sets of clips (zoetrope list set_metrics), options after colons: "
                  "kvd_v1:seed=1; all if left out")
      ->option_text("A,B")
      ->delimiter(',')
      ->allow_extra_args(false);
  command
      .add_option("--reference", flags.reference,
                  "reference videos as one set; without them arms are compared with the baseline's clips")
      ->type_name("CLIP|DIR");
  add_metric_setup_flags(command, flags.weights, flags.allow_torchscript, flags.plugins);
}

namespace {

std::vector<named_set_metric> metrics_of(const set_flags& flags) {
  for (const std::string& library : flags.plugins) load_plugin(library);
  const metric_setup setup = metric_setup_of(flags.weights, flags.allow_torchscript);
  // Made without the weights first: what fails then was typed, what fails after it is wrong in a file.
  const std::vector<config> typed = as_typed([&] {
    std::vector<config> options;
    for (const std::string& text : flags.metrics.empty() ? set_metrics().names() : flags.metrics)
      options.push_back(metric_options(text));
    make_set_metrics(options);
    return options;
  });
  return make_set_metrics(typed, setup);
}

}  // namespace

std::vector<set_comparison> compare_sets(const arm_table& table, const set_flags& flags,
                                         const comparison_flags& comparison, const console& out) {
  set_request request{.metrics = metrics_of(flags),
                      .how = resampling_of(comparison),
                      .of = observation_of(comparison),
                      .threads = std::max(1, static_cast<int>(std::thread::hardware_concurrency()))};
  if (!flags.reference.empty()) request.references = clips_in(flags.reference);
  progress bar(progress_style(out.quiet), "measuring", "clip");
  request.on_clip = [&](std::size_t done, std::size_t total) {
    bar.update(static_cast<int64_t>(done), static_cast<int64_t>(total));
    stop_if_interrupted();
  };
  return compare_sets(table, baseline_of(comparison, table), request);
}

}  // namespace zoetrope
