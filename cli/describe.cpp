// `zoetrope describe`: a configuration with every default filled in, or a part's keys at their defaults.
#include <functional>
#include <optional>

#include "cli/commands.hpp"
#include "cli/part_kinds.hpp"
#include "core/io/component_class.hpp"
#include "core/io/model_directory.hpp"
#include "core/json_text.hpp"
#include "core/name_messages.hpp"
#include "models/autoencoder_kl.hpp"
#include "models/clip_text_encoder.hpp"
#include "models/controlnet.hpp"
#include "models/presets.hpp"
#include "models/unet3d.hpp"
#include "pipelines/generation_settings.hpp"
#include "pipelines/plugin.hpp"
#include "schedulers/scheduler.hpp"
#include "schedulers/scheduler_names.hpp"
#include "training/recipe.hpp"

namespace zoetrope {

namespace {

namespace fs = std::filesystem;

// Building a part reads its configuration, and reading records the defaults.
using builder = std::function<void(const config&)>;

template <class Model>
builder build() {
  return [](const config& options) { Model model(options); };
}

const std::vector<std::pair<std::string, builder>>& model_classes() {
  static const std::vector<std::pair<std::string, builder>> table{
      {"UNet3DConditionModel", build<unet3d>()},
      {"UNet2DConditionModel", build<unet3d>()},
      {"ControlNetModel", build<controlnet>()},
      {"AutoencoderKL", build<autoencoder_kl>()},
      {"CLIPTextModel", build<clip_text_encoder>()},
      {"CLIPTextModelWithProjection", build<clip_text_encoder>()}};
  return table;
}

struct described_class {
  std::string name;
  builder build_it;
};

// Nothing where `name` is no class, nor the short name of one.
std::optional<described_class> find_class(const std::string& name) {
  for (const auto& [class_name, build_it] : model_classes())
    if (class_name == name) return described_class{name, build_it};
  for (const std::string& known : schedulers().names())
    if (name == known || name == short_scheduler_name(known))
      return described_class{known, [known](const config& options) { make_scheduler(known, options); }};
  return std::nullopt;
}

json describe_settings(const config& layer) {
  generation_settings settings;
  apply(settings, layer);
  return to_json(settings);
}

// Model and data are looked at, as some defaults are theirs.
json describe_training(const config& recipe) {
  run_recipe(recipe, {.dry = true, .fills_cache = false});
  return recipe.described();
}

json describe_tree(const config& tree) {
  const std::string class_name = class_in(tree);
  if (class_name.empty() && tree.has("model")) return describe_training(tree);
  for (const char* key : {"axes", "base"})
    if (class_name.empty() && tree.has(key))
      throw tree.fail("an experiment; `zoetrope experiment run --dry_run FILE` tells what it would run");
  if (class_name.empty()) return describe_settings(tree);
  const auto found = find_class(class_name);
  if (!found) throw tree.fail(concat("class '", printable(class_name), "' is not known here"));
  found->build_it(tree);
  return tree.described();
}

json describe_file(const fs::path& file) {
  return describe_tree(file.filename() == "scheduler_config.json" ? load_scheduler_config(file)
                                                                  : config::load(file));
}

// A component's folder, or every part of a model that has a configuration of its own kind.
json describe_folder(const fs::path& folder) {
  if (const fs::path schedule = folder / "scheduler_config.json"; fs::exists(schedule))
    return describe_file(schedule);
  if (!fs::exists(folder / "model_index.json"))
    return describe_tree(model_component::open(folder).read_config());
  json parts = json::object();
  const model_directory directory = model_directory::open(folder.string());
  for (const model_component& component : directory.components())
    if (find_class(component.class_name)) parts[component.name] = describe_folder(component.folder);
  return parts;
}

json describe_part(const std::string& name) {
  if (name == "generate") return to_json(generation_settings{});
  for (const auto& preset : model_presets().entries())
    if (preset.name == name) return to_json(preset.make());
  std::vector<std::string> known{"generate"};
  for (const auto& [class_name, build_it] : model_classes()) known.push_back(class_name);
  for (const auto& names : {schedulers().names(), model_presets().names()})
    known.insert(known.end(), names.begin(), names.end());
  const auto found = find_class(name);
  ZT_CHECK(found, usage, "describe: ", unknown_name("file or part", name, known), kinds_that_have(name));
  // The class is told as their files tell it, so that what is printed can be read back.
  json given = json::object();
  if (name.starts_with("CLIP"))
    given["architectures"] = json::array({name});
  else
    given["_class_name"] = found->name;
  const config options(given, name);
  found->build_it(options);
  return options.described();
}

}  // namespace

void add_describe(CLI::App& program, command_context& context) {
  const auto words = std::make_shared<std::vector<std::string>>(),
             plugins = std::make_shared<std::vector<std::string>>();
  CLI::App* command =
      program.add_subcommand("describe", "a configuration or a part with every default filled in");
  command
      ->add_option("what", *words,
                   "a model's or a component's folder; FILE: a component's config.json, a "
                   "scheduler_config.json, or a configuration of generate or train; or PART: "
                   "generate, a class such as EulerDiscreteScheduler, a short scheduler name, a preset")
      ->required()
      ->expected(1, 2);
  command->add_option("--plugin", *plugins, "a shared library with parts of yours")
      ->type_name("FILE")
      ->allow_extra_args(false);
  std::vector<std::string> kinds;
  for (const part_kind& kind : part_kinds()) kinds.push_back(kind.name);
  command->footer(concat("Parts go by kind and name: describe position rope. Kinds:\n", joined(kinds),
                         ".\n`describe scheduler euler` is `describe euler`."));
  command->callback([words, plugins, &context] {
    for (const std::string& library : *plugins) load_plugin(library);
    for (const part_kind& kind : part_kinds())
      if (words->front() == kind.name) {
        ZT_CHECK(words->size() == 2, usage, "describe: which ", kind.name, "? (known: ", joined(kind.parts),
                 ")");
        return context.out.print(pretty(described_part(kind, words->back())));
      }
    ZT_CHECK(words->size() == 1 || !find_class(words->front()), usage, "describe: one at a time: got '",
             printable(words->front()), "' and '", printable(words->back()), "'");
    // Else a first word that names the kind is welcome and says nothing more.
    const std::string what = words->back();
    const bool file = fs::is_regular_file(what) || what.find('/') != std::string::npos;
    const json tree = fs::is_directory(what) ? describe_folder(what)
                      : file                 ? describe_file(what)
                                             : describe_part(what);
    context.out.print(pretty(tree));
  });
}

}  // namespace zoetrope
