// `zoetrope atlas`: how wide temporal attention looks, per layer, head and step.
#include <cstdio>
#include <numeric>

#include "cli/commands.hpp"
#include "cli/interruption.hpp"
#include "cli/prepared_run.hpp"
#include "cli/progress.hpp"
#include "cli/text_table.hpp"
#include "core/io/hdf5_file.hpp"
#include "core/json_text.hpp"
#include "eval/attention_atlas.hpp"
#include "eval/number_text.hpp"

namespace zoetrope {

namespace {

struct atlas_arguments {
  generation_request request;
  std::vector<std::string> layers;
  std::string output;
  bool as_json = false, quiet = false;
};

std::string fixed(double value) {
  char text[32];
  std::snprintf(text, sizeof text, "%.3f", value);
  return text;
}

// The mean over steps, head by head.
double over_steps(const std::vector<attention_statistics>& steps,
                  std::vector<double> attention_statistics::*which, std::size_t head) {
  const double sum = std::accumulate(steps.begin(), steps.end(), 0.0, [&](double so_far, const auto& step) {
    return so_far + (step.*which)[head];
  });
  return sum / static_cast<double>(steps.size());
}

void print(const console& out, const attention_atlas& atlas) {
  text_table table({"layer", ">head", ">entropy", ">distance", ">diagonal"});
  for (const std::string& layer : atlas.layers) {
    const auto& steps = atlas.of.at(layer);
    for (std::size_t head = 0; head < steps.front().entropy.size(); ++head)
      table.row({layer, std::to_string(head), fixed(over_steps(steps, &attention_statistics::entropy, head)),
                 fixed(over_steps(steps, &attention_statistics::distance, head)),
                 fixed(over_steps(steps, &attention_statistics::diagonal, head))});
  }
  table.print(out);
  out.print(concat("means over ", counted(static_cast<std::size_t>(atlas.steps), "step"),
                   "; entropy in nats, distance in frames, of ", atlas.frames, " frames"));
}

json to_json(const attention_atlas& atlas) {
  json layers = json::array();
  for (const std::string& name : atlas.layers) {
    json layer = {{"layer", name}, {"steps", json::array()}};
    for (const attention_statistics& step : atlas.of.at(name))
      layer["steps"].push_back(
          {{"entropy", step.entropy}, {"distance", step.distance}, {"diagonal", step.diagonal}});
    layers.push_back(layer);
  }
  return {{"frames", atlas.frames}, {"steps", atlas.steps}, {"layers", layers}};
}

void run(const atlas_arguments& chosen, console& out, const std::string& command_line) {
  out.quiet = chosen.quiet || chosen.as_json;
  expect_replaceable(chosen.output, ".h5");
  const prepared_run ready = loaded_run(chosen.request, out);
  progress bar(progress_style(out.quiet), "watching", "step");
  const attention_atlas atlas =
      record_atlas(ready.model, ready.call, chosen.layers, [&](int64_t done, int64_t count) {
        bar.update(done, count);
        return pending_signal() == 0;
      });
  if (!chosen.output.empty())
    write_atlas(chosen.output, atlas,
                {{"config", compact(to_json(ready.settings()))}, {"command", command_line}});
  if (chosen.as_json)
    out.print(pretty(to_json(atlas)));
  else
    print(out, atlas);
}

}  // namespace

void add_atlas(CLI::App& program, command_context& context) {
  auto chosen = std::make_shared<atlas_arguments>();
  CLI::App* command =
      program.add_subcommand("atlas", "measures what temporal attention looks at while a clip is made");
  command->add_option("config", chosen->request.config_file,
                      "JSON or YAML, as for generate --config; the defaults if left out");
  command->add_option("--set", chosen->request.sets, "one more setting, e.g. steps=8")
      ->type_name("KEY=VALUE")
      ->allow_extra_args(false);
  command
      ->add_option("--layer", chosen->layers,
                   "only layers whose names contain this; several if given several times")
      ->type_name("TEXT")
      ->allow_extra_args(false);
  command->add_option("--output", chosen->output, "every layer, step and head as HDF5")->type_name("FILE");
  command->add_flag("--json", chosen->as_json, "as JSON on stdout");
  command->add_flag("-q,--quiet", chosen->quiet, "no notes, no progress");
  command->footer("Makes no clip; entropy, distance and diagonal are defined in docs/look-inside.md.");
  command->callback([chosen, &context] { run(*chosen, context.out, context.command_line); });
}

}  // namespace zoetrope
