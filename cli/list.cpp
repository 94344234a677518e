// `zoetrope list`: what can be chosen, kind by kind.
#include "attention/attention.hpp"
#include "attention/layout.hpp"
#include "attention/pattern.hpp"
#include "attention/position.hpp"
#include "cli/commands.hpp"
#include "core/json_text.hpp"
#include "core/name_messages.hpp"
#include "core/registry.hpp"
#include "core/vision/preprocessor.hpp"
#include "eval/metric.hpp"
#include "eval/reference_case.hpp"
#include "eval/set_metric.hpp"
#include "models/activation.hpp"
#include "models/clip_layers.hpp"
#include "models/feed_forward.hpp"
#include "models/lora_layout.hpp"
#include "models/norm_scope.hpp"
#include "models/presets.hpp"
#include "models/resnet_block.hpp"
#include "models/temporal_module.hpp"
#include "pipelines/output_file.hpp"
#include "pipelines/plugin.hpp"
#include "schedulers/noise_schedule.hpp"
#include "schedulers/prediction_names.hpp"
#include "schedulers/scheduler.hpp"
#include "schedulers/scheduler_names.hpp"
#include "schedulers/timestep_spacing.hpp"
#include "training/dataset.hpp"
#include "training/learning_rate.hpp"
#include "training/optimizer.hpp"
#include "training/timestep_distribution.hpp"
#include "training/training_tasks.hpp"

namespace zoetrope {

namespace {

struct listed_part {
  std::string name, also, summary;
};
struct listed_kind {
  std::string name, title;
  std::vector<listed_part> parts;
};

template <class Maker>
listed_kind kind_of(std::string name, std::string title, const registry<Maker>& table) {
  listed_kind kind{std::move(name), std::move(title), {}};
  for (const auto& entry : table.entries()) kind.parts.push_back({entry.name, "", entry.summary});
  return kind;
}

std::vector<listed_kind> all_kinds() {
  std::vector<listed_kind> kinds{
      kind_of("schedulers", "schedulers (--scheduler; short forms in brackets)", schedulers()),
      kind_of("predictions",
              "what a network predicts (scheduler: prediction_type; train: objective.prediction)",
              predictions()),
      kind_of("beta_schedules", "noise levels of training (scheduler: beta_schedule)", beta_schedules()),
      kind_of("timestep_spacings", "which of them are visited (scheduler: timestep_spacing)",
              timestep_spacings()),
      kind_of("attention_layouts",
              "attention layouts (--unet temporal.layout.type=…): who is a token of whom",
              attention_layouts()),
      kind_of("attention_patterns", "attention patterns (….pattern.type): which pairs see each other",
              attention_patterns()),
      kind_of("attention_positions", "attention positions (….position.type): how order is told",
              attention_positions()),
      kind_of("attention_backends", "attention backends (….backend.type): how scores are computed",
              attention_backends()),
      kind_of("temporal_modules", "temporal modules (--unet temporal.type=…, resnet.temporal.type=…)",
              temporal_modules()),
      kind_of("resnet_blocks", "residual blocks (--unet resnet.type=…)", resnet_blocks()),
      kind_of("norm_scopes", "scopes of group norms (--unet norm_scope=…)", norm_scopes()),
      kind_of("activations", "activations (VAE: act_fn; UNet: time_embedding_act_fn, timestep_post_act)",
              activations()),
      kind_of("feed_forward_activations", "activations of feed-forward layers (--unet temporal.activation=…)",
              feed_forward_activations()),
      kind_of("hidden_acts", "activations of text and image encoders (CLIP: hidden_act)", hidden_acts()),
      kind_of("preprocessors", "preprocessors of control clips (--preprocessor)", preprocessors()),
      kind_of("metrics", "metrics of a clip (eval --metrics)", metrics()),
      kind_of("set_metrics", "metrics of two sets of clips (eval --metrics, with --reference)",
              set_metrics()),
      kind_of("training_tasks", "training tasks (train: task)", training_tasks()),
      kind_of("datasets", "datasets (train: data.type)", datasets()),
      kind_of("optimizers", "optimizers (train: optimizer.type)", optimizers()),
      kind_of("learning_rate_schedules", "learning rates (train: learning_rate.schedule)",
              learning_rate_schedules()),
      kind_of("lora_layouts", "layouts of LoRA files (train: lora.layout)", lora_layouts()),
      kind_of("timestep_distributions", "distributions of noise levels (train: objective.timesteps.type)",
              timestep_distributions()),
      kind_of("presets", "presets (init --preset)", model_presets()),
      kind_of("formats", "output formats (--output)", output_formats()),
      kind_of("cases", "kinds of reference cases (verify)", reference_kinds())};
  for (listed_part& part : kinds.front().parts) part.also = short_scheduler_name(part.name);
  return kinds;
}

void print_kind(const console& out, const listed_kind& kind) {
  out.print(kind.title);
  for (const listed_part& part : kind.parts) {
    std::string line = "  " + part.name + (part.also.empty() ? "" : " [" + part.also + "]");
    if (!part.summary.empty()) line.append(line.size() < 50 ? 52 - line.size() : 2, ' ') += part.summary;
    out.print(line);
  }
}

std::vector<std::string> names_of(const std::vector<listed_kind>& kinds) {
  std::vector<std::string> names;
  for (const listed_kind& kind : kinds) names.push_back(kind.name);
  return names;
}

json to_json(const listed_kind& kind) {
  json parts = json::array();
  for (const listed_part& part : kind.parts) {
    parts.push_back({{"name", part.name}, {"summary", part.summary}});
    if (!part.also.empty()) parts.back()["short"] = part.also;
  }
  return parts;
}

}  // namespace

void add_list(CLI::App& program, command_context& context) {
  struct options {
    std::string kind;
    std::vector<std::string> plugins;
    bool as_json = false;
  };
  auto chosen = std::make_shared<options>();
  CLI::App* command = program.add_subcommand("list", "what can be chosen: schedulers, presets, formats, …");
  command->add_option(
      "kind", chosen->kind,
      concat(joined(names_of(all_kinds())), "; attention: all four kinds of its parts; all if left out"));
  command->add_option("--plugin", chosen->plugins, "a shared library with parts of yours")
      ->type_name("FILE")
      ->allow_extra_args(false);
  command->add_flag("--json", chosen->as_json, "as JSON on stdout");
  command->callback([chosen, &context] {
    for (const std::string& library : chosen->plugins) load_plugin(library);
    const std::vector<listed_kind> kinds = all_kinds();
    std::vector<listed_kind> shown;
    for (const listed_kind& kind : kinds)
      if (chosen->kind.empty() || chosen->kind == kind.name || kind.name.starts_with(chosen->kind + "_"))
        shown.push_back(kind);
    ZT_CHECK(!shown.empty(), usage, "list: ", unknown_name("kind", chosen->kind, names_of(kinds)));
    json result = json::object();
    for (const listed_kind& kind : shown) {
      if (chosen->as_json)
        result[kind.name] = to_json(kind);
      else
        print_kind(context.out, kind);
    }
    if (chosen->as_json) context.out.print(pretty(result));
  });
}

}  // namespace zoetrope
