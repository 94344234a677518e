// See part_kinds.hpp.
#include "cli/part_kinds.hpp"

#include <algorithm>

#include "attention/attention_parts.hpp"
#include "core/name_messages.hpp"
#include "core/vision/preprocessor.hpp"
#include "eval/metric.hpp"
#include "eval/network_metrics.hpp"
#include "eval/set_metric.hpp"
#include "models/norm_scope.hpp"
#include "models/resnet_block.hpp"
#include "models/temporal_module.hpp"
#include "training/dataset.hpp"
#include "training/learning_rate.hpp"
#include "training/optimizer.hpp"
#include "training/recipe.hpp"
#include "training/timestep_distribution.hpp"
#include "training/training_tasks.hpp"

namespace zoetrope {

namespace {

constexpr int64_t channels = 320, heads = 8;

// A part of the training by `type`, but for what tells where the data is.
json example_data(const std::string& dataset) {
  if (dataset == "shapes") return json::object();  // drawn
  if (dataset == "manifest") return {{"file", "clips.jsonl"}};
  return {{"folder", "clips"}};
}

// The smallest training: a small model drawn anew, on clips that are drawn, too.
json example_training(const std::string&) {
  const json shapes{{"type", "shapes"}};
  return {{"model", {{"preset", "tiny"}, {"vocabulary", {{"data", shapes}}}}}, {"data", shapes}};
}

// Its options are read before its files are looked for, and those of the example need not be there.
void read_data_options(const config& options) {
  const auto no_check = [] { throw error(error_kind::interrupted, "described, not checked"); };
  try {
    make_dataset(options, {.on_clip = no_check});
  } catch (const error&) {
    options.expect_all_read();
  }
}

}  // namespace

std::string kinds_that_have(const std::string& part) {
  std::string told;
  for (const part_kind& kind : part_kinds())
    if (std::find(kind.parts.begin(), kind.parts.end(), part) != kind.parts.end())
      told += concat("; there is a ", kind.name, " '", part, "'");
  return told;
}

std::vector<part_kind> part_kinds() {
  add_network_metrics();
  const std::vector<token_axis> frames{token_axis::frame};
  const position_site site{
      .channels = channels, .heads = heads, .head_dim = channels / heads, .axes = frames};
  return {
      {"layout", attention_layouts().names(),
       [](const config& options) { make_attention_layout(options, config(), "temporal"); }},
      {"pattern", attention_patterns().names(),
       [=](const config& options) { make_attention_pattern(options, frames); }},
      {"position", attention_positions().names(),
       [=](const config& options) { make_attention_position(options, site); }},
      {"backend", attention_backends().names(),
       [](const config& options) {
         make_attention_backend(options, {.layout = "temporal", .head_dim = channels / heads});
       }},
      {"temporal", temporal_modules().names(),
       [](const config& options) { make_temporal_module(options, {.channels = channels}); }},
      {"resnet", resnet_blocks().names(),
       [](const config& options) {
         make_resnet_block(
             options, {.in_channels = channels, .out_channels = channels, .time_channels = 4 * channels});
       }},
      {"norm_scope", norm_scopes().names(),
       [](const config& options) { norm_scopes().find(options.get<std::string>("type"))(options); }},
      {"preprocessor", preprocessors().names(), [](const config& options) { make_preprocessor(options); }},
      {"metric", metrics().names(), [](const config& options) { make_metric(options); }},
      {"set_metric", set_metrics().names(), [](const config& options) { make_set_metric(options); }},
      {"optimizer", optimizers().names(), [](const config& options) { make_optimizer(options, {}); }},
      {"timesteps", timestep_distributions().names(),
       [](const config& options) { make_timestep_distribution(options); }},
      {"learning_rate", learning_rate_schedules().names(),
       [](const config& options) { read_learning_rate_options(options, /*total_steps=*/1'000'000); },
       "schedule"},
      {"dataset", datasets().names(), read_data_options, "type", example_data},
      {"task", training_tasks().names(), [](const config& options) { run_recipe(options, {.dry = true}); },
       "task", example_training}};
}

json described_part(const part_kind& kind, const std::string& part) {
  const auto& known = kind.parts;
  ZT_CHECK(std::find(known.begin(), known.end(), part) != known.end(), usage,
           "describe: ", unknown_name(kind.name, part, known), kinds_that_have(part));
  json given = kind.example(part);
  given[kind.key] = part;
  const config options(std::move(given), concat(kind.name, " ", part));
  kind.build(options);
  return options.described();
}

}  // namespace zoetrope
