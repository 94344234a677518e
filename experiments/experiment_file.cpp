// See experiment_file.hpp.
#include "experiments/experiment_file.hpp"

#include <algorithm>
#include <set>

#include "eval/number_text.hpp"
#include "pipelines/generation_run.hpp"
#include "pipelines/generation_settings.hpp"
#include "pipelines/output_file.hpp"

namespace zoetrope {

namespace fs = std::filesystem;

namespace {

// A path in the experiment file starts where that file lies.
fs::path beside(const fs::path& file, const std::string& named) { return file.parent_path() / named; }

// Whether there is a value; a key that was left blank counts as read.
bool given(const config& root, const char* key) {
  if (root.has(key)) return true;
  root.get_optional<bool>(key);
  return false;
}

json base_of(const config& root, const fs::path& file) {
  if (!given(root, "base")) return json::object();
  const config base = root.at("base");
  if (base.is_object()) return base.value();
  const config named = config::load(beside(file, base.as<std::string>()));
  if (!named.is_object()) throw named.fail("wanted an object");
  return named.value();
}

// Arms must share what makes them comparable, and a run's output is the experiment's business.
void check_axis(const config& axes, const std::string& path) {
  const auto refuse = [&](bool setting_traits::*trait, const char* why) {
    for (const std::string& key : keys_of_settings([&](const setting& which) { return which.traits.*trait; }))
      if (key == path.substr(0, path.find('.')))
        throw axes.fail(concat("'", path, "' cannot be an axis: ", why));
  };
  refuse(&setting_traits::own, "all arms share the experiment's prompts, seeds and output");
  refuse(&setting_traits::adapts, "what fits depends on the machine; name the policies");
}

// `unet.temporal.type: […]`, or one step a level, as `--set axes.unet.temporal.type=[…]` makes it.
void add_axes(const config& node, const std::string& above, std::vector<experiment_axis>& axes) {
  for (const std::string& key : node.keys()) {
    const config values = node.at(key);
    const std::string path = above + key;
    if (values.is_object() && values.size() > 0) {
      add_axes(values, path + ".", axes);
      continue;
    }
    if (!values.is_array() || values.size() == 0)
      throw values.fail("an axis wants a list of at least one value; without it there is nothing to run");
    axes.push_back({path, values.value().get<std::vector<json>>()});
  }
}

std::vector<experiment_axis> axes_of(const config& root) {
  std::vector<experiment_axis> axes;
  const config node = root.child("axes");
  add_axes(node, "", axes);
  for (const experiment_axis& axis : axes) check_axis(node, axis.path);
  std::sort(axes.begin(), axes.end(), [](const auto& a, const auto& b) { return a.path < b.path; });
  const auto twice = std::adjacent_find(axes.begin(), axes.end(),
                                        [](const auto& a, const auto& b) { return a.path == b.path; });
  if (twice != axes.end())
    throw node.fail(concat("the axis '", twice->path, "' is there twice; --set 'axes={\"", twice->path,
                           "\": […]}' gives the axes anew"));
  return axes;
}

void check_zip(const config& root, const std::vector<experiment_axis>& axes) {
  for (const experiment_axis& axis : axes)
    if (axis.values.size() != axes.front().values.size())
      throw root.fail(concat("combine: zip: '", axes.front().path, "' has ",
                             counted(axes.front().values.size(), "value"), " and '", axis.path, "' ",
                             axis.values.size()));
}

template <class T>
std::vector<T> filled_list(const config& root, const char* key) {
  if (!given(root, key)) return {};
  const auto values = root.get<std::vector<T>>(key);
  if (values.empty()) throw root.at(key).fail("the list is empty: there is nothing to run");
  if (std::set<T>(values.begin(), values.end()).size() != values.size())
    throw root.at(key).fail("something is there twice");
  return values;
}

std::vector<std::string> prompts_of(const config& root, const fs::path& file) {
  if (root.has("prompts") && root.at("prompts").value().is_string())
    return prompts_in(beside(file, root.get<std::string>("prompts")));
  return filled_list<std::string>(root, "prompts");
}

std::vector<json> metrics_of(const config& root) {
  std::vector<json> metrics;
  if (!given(root, "metrics")) return metrics;
  const config list = root.at("metrics");
  if (!list.value().is_array()) throw list.fail("wanted a list of names or {type: …}");
  for (std::size_t i = 0; i < list.size(); ++i) {
    const config metric = list.at(i);
    metrics.push_back(metric.is_object() ? metric.value() : json{{"type", metric.as<std::string>()}});
  }
  return metrics;
}

double positive(const config& node, const char* key, double fallback) {
  const double value = node.get(key, fallback);
  if (!(value > 0)) throw node.fail(concat("'", key, "': ", value, " is not above 0"));
  return value;
}

// `speed: true`, or its options.
std::optional<noise_options> speed_of(const config& root) {
  if (!given(root, "speed")) return std::nullopt;
  const config node = root.at("speed");
  if (!node.is_object())
    return node.as<bool>() ? std::optional<noise_options>(noise_options{}) : std::nullopt;
  noise_options options;
  options.max_noise = positive(node, "max_noise", options.max_noise);
  options.min_seconds = positive(node, "min_seconds", options.min_seconds);
  options.timeout_seconds = positive(node, "timeout_seconds", options.timeout_seconds);
  options.min_samples = node.bounded("min_samples", options.min_samples, 2, 1'000'000);
  return options;
}

experiment_keeps keeps_of(const config& root) {
  experiment_keeps keeps;
  const config node = root.child("keep");
  keeps.frames = node.get("frames", keeps.frames);
  keeps.latents = node.get("latents", keeps.latents);
  keeps.clips = node.get("clips", keeps.clips);
  if (!keeps.clips.empty())
    in_context(concat(root.source(), ": ", node.path(), ".clips"),
               [&] { output_formats().find(keeps.clips); });
  return keeps;
}

std::string name_of(const config& root, const fs::path& file) {
  const std::string name = root.get("name", file.stem().string());
  if (name.empty() || name[0] == '.' || name.find('/') != std::string::npos)
    throw root.fail(concat("name: '", printable(name), "' cannot be the name of a folder"));
  return name;
}

}  // namespace

experiment_file read_experiment(const fs::path& file, const std::vector<std::string>& sets) {
  config root = config::load(file);
  for (const std::string& assignment : sets) root.set(assignment);
  if (!root.is_object()) throw root.fail("wanted an object");
  if (root.size() == 0)
    throw root.fail("the experiment says nothing: name at least a base, axes, prompts or seeds");
  experiment_file experiment;
  experiment.source = file.string();
  experiment.name = name_of(root, file);
  experiment.base = base_of(root, file);
  experiment.axes = axes_of(root);
  const std::string combine = root.get("combine", "product");
  if (combine != "product" && combine != "zip")
    throw root.fail(concat("combine: '", printable(combine), "' is not product or zip"));
  experiment.zip = combine == "zip";
  if (experiment.zip) check_zip(root, experiment.axes);
  experiment.prompts = prompts_of(root, file);
  for (const std::int64_t seed : filled_list<std::int64_t>(root, "seeds")) {
    if (seed < 0) throw root.at("seeds").fail(concat(seed, " is not 0 or more"));
    experiment.seeds.push_back(static_cast<std::uint64_t>(seed));
  }
  experiment.metrics = metrics_of(root);
  experiment.metric_weights = root.get("metric_weights", "");
  experiment.reference = root.get("reference", "");
  experiment.repeats = root.bounded("repeats", 1, 1, 1'000'000);
  experiment.speed = speed_of(root);
  experiment.memory = root.get("memory", false);
  experiment.keep = keeps_of(root);
  if (given(root, "same_clips")) experiment.same_clips = root.at("same_clips").bounded(0, 255);
  root.expect_all_read();
  return experiment;
}

}  // namespace zoetrope
