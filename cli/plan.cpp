// `zoetrope plan`: how much memory a generation will need, part by part, phase by phase and policy by policy,
// before it is run and without its memory.
#include <algorithm>
#include <cstdio>
#include <map>
#include <set>

#include "cli/commands.hpp"
#include "cli/generation_flags.hpp"
#include "cli/preset_model.hpp"
#include "cli/text_table.hpp"
#include "core/byte_size.hpp"
#include "core/json_text.hpp"
#include "core/tensor/device.hpp"
#include "eval/number_text.hpp"
#include "pipelines/generation_run.hpp"
#include "pipelines/memory_choice.hpp"

namespace zoetrope {

namespace {

struct plan_arguments {
  generation_request request;
  std::string model, preset;
  bool as_json = false;
};

struct planned_model {
  std::string name;
  generation_settings settings;
  text_to_video_model model;
};

// A plan for a GPU can be made where there is none.
placement planned_placement(const generation_settings& settings) {
  if (!settings.device.starts_with("cuda")) return placement_of(settings);
  const std::string& wanted = settings.autocast.empty() ? settings.precision : settings.autocast;
  const at::Device device(settings.device);
  return {device, {wanted_precision(wanted, device), ""}};
}

// A preset is shapes alone: what changes a model by files has nothing to change.
void refuse_files(const generation_settings& settings) {
  const std::set<std::string> can_be_planned{"unet",      "plugin",   "controlnet",
                                             "precision", "autocast", "device"};
  const std::map<std::string, std::string> instead{
      {"pretrained_path", "give a model or --preset, not both"},
      {"control_type", "name a preset: --controlnet controlnet-sdxl"}};
  const json given = to_json(settings), defaults = to_json(generation_settings());
  for (const std::string& key : keys_of_settings([](const setting& which) { return which.traits.model; })) {
    const auto advice = instead.find(key);
    ZT_CHECK(can_be_planned.count(key) || given.at(key) == defaults.at(key), usage, "--", key,
             ": a preset has no files for it; ",
             advice != instead.end()
                 ? advice->second
                 : "write the model with `zoetrope init --preset NAME DIR`, then plan DIR");
  }
}

model_preset controlnet_preset(const std::string& name) {
  const auto known = model_presets().names();
  const bool found = std::find(known.begin(), known.end(), name) != known.end();
  model_preset preset = found ? model_presets().find(name)() : model_preset();
  ZT_CHECK(found && preset.index.is_null(), usage, "--controlnet: '", printable(name),
           "' is not a preset of a ControlNet, and beside a preset only such a one can be planned "
           "(zoetrope list presets); for a net in files write the model with `zoetrope init --preset NAME "
           "DIR`, then plan DIR");
  return preset;
}

planned_model of_preset(const plan_arguments& chosen) {
  const model_preset preset = preset_named(chosen.preset);
  ZT_CHECK(!preset.index.is_null(), usage, "plan: preset ", chosen.preset,
           " is a part of a model, not a model");
  planned_model planned{chosen.preset};
  if (!preset.generation.is_null())
    apply_model_defaults(planned.settings, config(preset.generation, chosen.preset));
  apply_request(planned.settings, chosen.request);
  refuse_files(planned.settings);
  std::vector<model_preset> nets;
  for (const std::string& name : planned.settings.controlnet) nets.push_back(controlnet_preset(name));
  const placement where = planned_placement(planned.settings);
  planned.model = preset_model(preset, planned.settings.unet, nets, where.precision.dtype, where.device);
  return planned;
}

planned_model of_directory(const plan_arguments& chosen) {
  generation_request request = chosen.request;
  if (!chosen.model.empty()) request.flags["pretrained_path"] = chosen.model;
  resolved_generation resolved = resolve(request);
  return {resolved.settings.pretrained_path, resolved.settings,
          open_model(resolved, planned_placement(resolved.settings))};
}

json to_json(const memory_plan& plan) {
  json parts = json::array(), phases = json::array();
  for (const part_memory& part : plan.parts)
    parts.push_back({{"part", part.part}, {"copied", part.copied}, {"mapped", part.mapped}});
  for (const phase_memory& phase : plan.phases)
    phases.push_back({{"phase", name_of(phase.phase)},
                      {"weights", phase.weights},
                      {"activations", phase.activations},
                      {"cache", phase.cache},
                      {"workspace", phase.workspace},
                      {"bytes", phase.total()}});
  return {{"parts", parts}, {"phases", phases}, {"process", plan.process}, {"peak", plan.peak()}};
}

json to_json(const planned_set& set) {
  return {{"policies", set.names}, {"slowdown", set.slowdown}, {"peak", set.plan.peak()}};
}

struct outcome {
  memory_plan asked;              ///< with the policies that the settings name
  std::vector<planned_set> sets;  ///< plain, each policy alone, --low_vram_mode
  std::optional<planned_set> chosen;
};

std::string mebibytes(int64_t bytes) {
  char text[32];
  std::snprintf(text, sizeof text, "%.1f", static_cast<double>(bytes) / (1 << 20));
  return text;
}

void print_ledger(const console& out, const memory_plan& plan) {
  text_table parts({"part", ">weights", ">of it mapped"});
  for (const part_memory& part : plan.parts)
    parts.row({part.part, mebibytes(part.weights()), mebibytes(part.mapped)});
  parts.print(out);
  out.print("");
  text_table phases({"phase", ">weights", ">activations", ">cache", ">workspace", ">together"});
  for (const phase_memory& phase : plan.phases)
    phases.row({name_of(phase.phase), mebibytes(phase.weights), mebibytes(phase.activations),
                mebibytes(phase.cache), mebibytes(phase.workspace), mebibytes(phase.total())});
  if (plan.process > 0) phases.row({"process", "", "", "", "", mebibytes(plan.process)});
  phases.row({"peak", "", "", "", "", mebibytes(plan.peak())});
  phases.print(out);
}

void print_sets(const console& out, const std::vector<planned_set>& sets) {
  out.print("");
  text_table table({"policy", ">peak", ">slower by"});
  for (const planned_set& set : sets) {
    char slower[16];
    std::snprintf(slower, sizeof slower, "%.0f %%", set.slowdown * 100);
    table.row({set.names.empty() ? "none" : joined(set.names), mebibytes(set.plan.peak()), slower});
  }
  table.print(out);
}

void run(const plan_arguments& chosen, const console& out) {
  ZT_CHECK(chosen.model.empty() || chosen.preset.empty(), usage,
           "plan: give a model directory or --preset, not both");
  ZT_CHECK(chosen.model.empty() || !chosen.request.flags.contains("pretrained_path"), usage,
           "plan: give the model as the first word or with --pretrained_path, not both");
  planned_model planned = chosen.preset.empty() ? of_directory(chosen) : of_preset(chosen);
  const generation_settings& settings = planned.settings;
  set_thread_count(static_cast<int>(settings.threads));
  std::vector<std::string> prompts = prompts_of(settings);
  prompts.resize(static_cast<std::size_t>(settings.batch), prompts.front());
  text_to_video_call call = call_of(settings, prompts);
  const at::Device device = planned.model.device;
  const auto precision = name_of_precision(planned.model.dtype);
  const memory_planner planner(std::move(planned.model), beside_model(settings, device));

  outcome found{planner.plan(call), {}, {}};
  text_to_video_call plain = call;
  plain.memory = {};
  found.sets = plan_each_policy(planner, plain);
  found.sets.push_back(plan_low_vram(planner, plain));
  if (!settings.vram.empty())
    found.chosen =
        fastest_within(planner, plain, in_context("--vram", [&] { return parse_bytes(settings.vram); }));

  if (chosen.as_json) {
    json tree = to_json(found.asked);
    for (const planned_set& set : found.sets) tree["policies"].push_back(to_json(set));
    if (found.chosen) tree["chosen"] = to_json(*found.chosen);
    tree.update({{"model", planned.name}, {"device", device.str()}, {"precision", precision}});
    tree.update(
        {{"width", settings.width}, {"height", settings.height}, {"video_length", settings.video_length}});
    return out.print(pretty(tree));
  }
  out.print(concat(planned.name, ": ", settings.width, " x ", settings.height, ", ",
                   counted(static_cast<std::size_t>(settings.video_length), "frame"), ", ",
                   counted(prompts.size(), "clip"), ", ", precision, " on ", device.str(), "; MiB"));
  print_ledger(out, found.asked);
  print_sets(out, found.sets);
  if (found.chosen)
    out.print(concat("\nfastest within ", settings.vram, ": ",
                     found.chosen->names.empty() ? "no policy" : joined(found.chosen->names), ", ",
                     readable_bytes(static_cast<double>(found.chosen->plan.peak()))));
}

}  // namespace

void add_plan(CLI::App& program, command_context& context) {
  auto chosen = std::make_shared<plan_arguments>();
  CLI::App* command = program.add_subcommand(
      "plan", "how much memory a generation needs, before it is run: takes the settings of generate");
  command->add_option("model", chosen->model,
                      "model directory, or org/name; the model that comes with zoetrope if left out");
  command->add_option("--preset", chosen->preset, "a model that need not exist (zoetrope list presets)")
      ->type_name("NAME");
  command->add_option("--config", chosen->request.config_file, "JSON or YAML with settings, as for generate")
      ->type_name("FILE");
  command->add_option("--set", chosen->request.sets, "one more setting, as for generate")
      ->type_name("KEY=VALUE")
      ->allow_extra_args(false);
  command->add_flag("--json", chosen->as_json, "as JSON on stdout");
  add_setting_flags(*command, chosen->request.flags);
  command->callback([chosen, &context] { run(*chosen, context.out); });
}

}  // namespace zoetrope
