// See experiment_cells.hpp.
#include "experiments/experiment_cells.hpp"

#include <algorithm>
#include <map>

#include "core/json_text.hpp"
#include "eval/arm_label.hpp"
#include "eval/metric_suite.hpp"
#include "eval/set_metric.hpp"
#include "experiments/file_fingerprint.hpp"
#include "pipelines/denoising_plan.hpp"
#include "pipelines/part_programs.hpp"

namespace zoetrope {
namespace {

config layer_of(const experiment_file& experiment, const json& values) {
  config layer(experiment.base, experiment.source);
  for (const auto& [path, value] : values.items()) layer.set(concat(path, "=", value.dump()));
  return layer;
}

// How the clip is made; which one it is says the cell.
json kept_settings(const generation_settings& settings, const config& layer) {
  json kept = to_json(settings);
  for (const std::string& key : keys_of_settings([](const setting& which) { return which.traits.own; }))
    kept.erase(key);
  // Where the model lies differs between machines; `inputs` has what it is.
  kept["pretrained_path"] =
      layer.has("pretrained_path") ? layer.get<std::string>("pretrained_path") : std::string();
  return kept;
}

json fingerprints(const generation_settings& settings, const std::string& metric_weights,
                  std::map<std::string, std::string>& known) {
  const auto fingerprint = [&](const std::string& path) {
    const auto found = known.find(path);
    return found != known.end() ? found->second : known.emplace(path, file_fingerprint(path)).first->second;
  };
  const json all = to_json(settings);
  json inputs = json::object();
  const auto is_input = [](const setting& which) { return which.names_files() && !which.traits.own; };
  for (const std::string& key : keys_of_settings(is_input)) {
    const json& named = all.at(key);
    if (named.is_array())
      for (const json& path : named) inputs[key].push_back(fingerprint(path));
    else if (const std::string path = named; !path.empty())
      inputs[key] = fingerprint(path);
  }
  for (const std::string& path : torchscript_files(settings.unet))
    inputs["unet"].push_back(fingerprint(path));
  if (!metric_weights.empty()) inputs["metric_weights"] = fingerprint(metric_weights);
  return inputs;
}

std::vector<std::string> prompts_for(const experiment_file& experiment, const experiment_arm& arm) {
  return experiment.prompts.empty() ? prompts_of(arm.resolved.settings) : experiment.prompts;
}

// The size of the arm's clips; with it, everything about the call is checked.
float_clip checked_size(const experiment_file& experiment, const experiment_arm& arm) {
  const text_to_video_model model = open_model(arm.resolved);
  text_to_video_call call = call_of(arm.resolved.settings, {prompts_for(experiment, arm).front()});
  call = checked_call(model, std::move(call));
  plan_denoising(model, call);
  ZT_CHECK(experiment.keep.clips != "jpg" || call.video_length == 1, bad_input,
           "keep.clips: jpg holds one picture, and these clips have ", call.video_length);
  ZT_CHECK(experiment.metrics.empty() || call.video_length >= 2, bad_input,
           "metrics are of two frames or more; these clips have ", call.video_length);
  return {
      static_cast<int>(*call.width), static_cast<int>(*call.height), static_cast<int>(call.video_length), {}};
}

experiment_arm resolved_arm(const experiment_file& experiment, const json& values) {
  const config layer = layer_of(experiment, values);
  experiment_arm arm{values, resolve(layer), {}};
  const generation_settings& settings = arm.resolved.settings;
  ZT_CHECK(settings.vram.empty(), bad_input,
           "vram: what fits depends on the machine; name the policies instead");
  arm.generation = kept_settings(settings, layer);
  arm.model_key = model_key_of(settings);
  arm.size = checked_size(experiment, arm);
  return arm;
}

metric_suite suite_of(const experiment_file& experiment) {
  ZT_CHECK(experiment.metric_weights.empty() || std::filesystem::is_directory(experiment.metric_weights),
           bad_input, "metric_weights: ", printable(experiment.metric_weights), ": no such folder");
  std::vector<config> parts;
  const std::vector<std::string> of_sets = set_metrics().names();
  for (const json& metric : experiment.metrics) {
    parts.emplace_back(metric, experiment.source + ": metrics");
    const std::string type = parts.back().get<std::string>("type");
    ZT_CHECK(std::find(of_sets.begin(), of_sets.end(), type) == of_sets.end(), bad_input, type,
             " is of a set of clips, not of one: `zoetrope results sets` has it, once there are results");
  }
  return metric_suite(parts, {experiment.metric_weights});
}

// What no run will change: weights that are not there, prompts that a metric cannot read, clips too small.
std::map<std::string, std::string> unavailable_metrics(const experiment_file& experiment,
                                                       const experiment_cells& all) {
  std::map<std::string, std::string> reasons;
  const metric_suite suite = suite_of(experiment);
  for (const named_metric& metric : suite.parts()) {
    std::map<std::string, std::size_t> without;
    for (const experiment_cell& cell : all.cells) {
      const float_clip& size = all.arms[cell.arm].size;  // the reference's, too
      const std::string why = why_unavailable(
          metric, {.clip = size,
                   .reference = all.references->find(cell.prompt, cell.seed) ? &size : nullptr,
                   .no_reference = all.references->missing(),
                   .prompt = cell.prompt});
      if (!why.empty()) ++without[why];
    }
    for (const auto& [why, count] : without)
      reasons[metric.name] +=
          concat(reasons[metric.name].empty() ? "" : "; ", why,
                 count < all.cells.size() ? concat(" (", count, " of ", all.cells.size(), " cells)") : "");
  }
  return reasons;
}

json speed_json(const std::optional<noise_options>& speed) {
  if (!speed) return nullptr;
  return {{"max_noise", speed->max_noise},
          {"min_seconds", speed->min_seconds},
          {"timeout_seconds", speed->timeout_seconds},
          {"min_samples", speed->min_samples}};
}

json config_of(const experiment_file& experiment, const experiment_arm& arm, const std::string& prompt,
               std::int64_t repeat) {
  json generation = arm.generation;
  generation["prompt"] = {prompt};
  json made{{"generation", std::move(generation)},
            {"inputs", arm.inputs},
            {"metrics", experiment.metrics},
            {"metric_weights", experiment.metric_weights},
            {"speed", speed_json(experiment.speed)},
            {"memory", experiment.memory},
            {"repeat", repeat}};
  if (!experiment.reference.empty()) made["reference"] = experiment.reference;
  return made;
}

// References that there are, with the clips' sizes.
void add_references(experiment_cells& all) {
  std::map<const clip_file*, std::pair<std::string, clip_extents>> known;
  for (experiment_cell& cell : all.cells) {
    const clip_file* reference = all.references->find(cell.prompt, cell.seed);
    if (!reference) continue;
    auto& [fingerprint, extents] = known[reference];
    in_context(concat("reference: ", printable(reference->place())), [&] {
      if (fingerprint.empty()) {
        const rgb_frames frames = frames_of(*reference).clip;
        extents = {static_cast<int>(frames.frames.size()), frames.width, frames.height};
        fingerprint = fingerprint_of(*reference);
      }
      check_extents(extents_of(all.arms[cell.arm].size), &extents);
    });
    cell.config["inputs"]["reference"] = fingerprint;
  }
}

// Arms of one model together, in the order in which the models first come.
void group_by_model(std::vector<experiment_arm>& arms) {
  std::vector<std::string> keys;
  for (const experiment_arm& arm : arms)
    if (std::find(keys.begin(), keys.end(), arm.model_key) == keys.end()) keys.push_back(arm.model_key);
  const auto place = [&](const experiment_arm& arm) {
    return std::find(keys.begin(), keys.end(), arm.model_key) - keys.begin();
  };
  std::stable_sort(arms.begin(), arms.end(),
                   [&](const auto& a, const auto& b) { return place(a) < place(b); });
}

// Arm by arm becomes clip by clip, there and back (A B C, C B A, …): what slows a machine for minutes slows all
// arms that are timed, and pairs of clips stand near each other.
void take_turns(std::vector<experiment_cell>& cells, std::size_t arms) {
  const std::size_t clips = cells.size() / arms;
  std::vector<experiment_cell> turns;
  for (std::size_t clip = 0; clip < clips; ++clip)
    for (std::size_t i = 0; i < arms; ++i)
      turns.push_back(std::move(cells[(clip % 2 == 0 ? i : arms - 1 - i) * clips + clip]));
  cells = std::move(turns);
}

void expect_different(const std::vector<experiment_cell>& cells, const std::vector<experiment_arm>& arms) {
  std::map<std::string, std::size_t> seen;
  for (const experiment_cell& cell : cells) {
    const auto [first, fresh] = seen.emplace(concat(compact(cell.config), cell.seed), cell.arm);
    ZT_CHECK(fresh, bad_input, "the arms '", arm_label(arms[first->second].values), "' and '",
             arm_label(arms[cell.arm].values), "' are the same run");
  }
}

}  // namespace

std::string arm_label(const json& values) {
  std::string label;
  for (const auto& [path, value] : values.items())
    label += concat(label.empty() ? "" : " ", path, "=", shown_value(value));
  return label.empty() ? "base" : label;
}

std::vector<json> arm_values(const experiment_file& experiment) {
  std::vector<json> arms{json::object()};
  if (experiment.zip) {
    arms.resize(experiment.axes.empty() ? 1 : experiment.axes.front().values.size(), json::object());
    for (const experiment_axis& axis : experiment.axes)
      for (std::size_t i = 0; i < arms.size(); ++i) arms[i][axis.path] = axis.values[i];
    return arms;
  }
  for (const experiment_axis& axis : experiment.axes) {
    std::vector<json> longer;
    for (const json& arm : arms)
      for (const json& value : axis.values) {
        longer.push_back(arm);
        longer.back()[axis.path] = value;
      }
    arms = std::move(longer);
  }
  return arms;
}

experiment_cells cells_of(const experiment_file& experiment) {
  experiment_cells all;
  std::string misfits;
  const auto checked = [&](const std::string& what, const auto& body) {
    try {
      body();
    } catch (const error& failure) {
      misfits += concat("\n  ", printable(what, 200), ": ", failure.what());
    }
  };
  for (const json& values : arm_values(experiment))
    checked(arm_label(values), [&] { all.arms.push_back(resolved_arm(experiment, values)); });
  checked("metrics", [&] { suite_of(experiment); });  // after the arms, whose plug-ins may have some
  ZT_CHECK(misfits.empty(), bad_input, printable(experiment.source), ": cannot be run:", misfits);

  group_by_model(all.arms);
  std::map<std::string, std::string> known;  // a fingerprint takes time: once a file
  for (std::size_t i = 0; i < all.arms.size(); ++i) {
    experiment_arm& arm = all.arms[i];
    arm.inputs = fingerprints(arm.resolved.settings, experiment.metric_weights, known);
    for (std::int64_t repeat = 0; repeat < experiment.repeats; ++repeat)
      for (const std::string& prompt : prompts_for(experiment, arm))
        for (const std::uint64_t seed :
             experiment.seeds.empty() ? std::vector{arm.resolved.settings.seed} : experiment.seeds)
          all.cells.push_back({i, prompt, seed, repeat, config_of(experiment, arm, prompt, repeat)});
  }
  if (experiment.speed) take_turns(all.cells, all.arms.size());
  in_context(printable(experiment.source), [&] {
    all.references = std::make_shared<reference_clips>(experiment.reference);
    add_references(all);
    expect_different(all.cells, all.arms);
  });
  all.unavailable = unavailable_metrics(experiment, all);
  return all;
}

json input_fingerprints(const generation_settings& settings, const std::string& metric_weights,
                        const clip_file* reference) {
  std::map<std::string, std::string> known;
  json inputs = fingerprints(settings, metric_weights, known);
  if (reference) inputs["reference"] = fingerprint_of(*reference);
  return inputs;
}

std::string model_key_of(const generation_settings& settings) {
  const json all = to_json(settings);
  json key = json::object();
  for (const std::string& name : keys_of_settings([](const setting& which) { return which.traits.model; }))
    key[name] = all.at(name);
  return compact(key);
}

}  // namespace zoetrope
