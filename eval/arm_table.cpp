// See arm_table.hpp.
#include "eval/arm_table.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

#include "core/io/media_names.hpp"
#include "core/name_messages.hpp"
#include "core/names.hpp"
#include "eval/arm_label.hpp"
#include "eval/cell_versions.hpp"
#include "eval/median.hpp"
#include "eval/statistics.hpp"

namespace zoetrope {

namespace {

constexpr double nan = std::numeric_limits<double>::quiet_NaN();
constexpr std::string_view speed = "speed/", memory = "memory/";
const std::string clips_per_minute = "speed/clips_per_minute";

std::map<std::string, std::string> names_of_axes(const std::vector<stored_result>& cells) {
  std::set<std::string> paths;
  for (const stored_result& stored : cells) {
    ZT_CHECK(stored.cell.arm.is_object(), bad_input, printable(stored.place()),
             ": /@arm: wanted an object, got ", stored.cell.arm.type_name());
    for (const auto& [path, value] : stored.cell.arm.items()) paths.insert(path);
  }
  return axis_names(paths);
}

std::vector<arm> arms_of(const std::vector<stored_result>& cells) {
  expect_one_result_a_cell(cells);
  const auto names = names_of_axes(cells);
  std::map<std::pair<std::string, json>, arm> found;
  std::set<std::string> experiments;
  for (const stored_result& stored : cells) {
    const result& cell = stored.cell;
    arm& its = found[{cell.experiment, cell.arm}];
    its.label = arm_label(cell.arm, names);
    its.experiment = cell.experiment;
    its.axes = cell.arm;
    its.cells.push_back(&stored);
    experiments.insert(cell.experiment);
  }
  std::vector<arm> arms;
  for (auto& [key, one] : found) {
    if (experiments.size() > 1) one.label = one.experiment + ": " + one.label;
    arms.push_back(std::move(one));
  }
  const auto begun = [](const arm& one) {
    return (*std::min_element(one.cells.begin(), one.cells.end(),
                              [](auto* a, auto* b) { return a->cell.started < b->cell.started; }))
        ->cell.started;
  };
  std::stable_sort(arms.begin(), arms.end(), [&](const arm& a, const arm& b) {
    const std::string left = begun(a), right = begun(b);
    return left != right ? left < right : naturally_before(a.label, b.label);
  });
  return arms;
}

std::vector<clip_key> clips_of(const std::vector<stored_result>& cells) {
  std::map<std::string, std::string> begun;  // prompt -> when first
  std::set<clip_key> keys;
  for (const stored_result& stored : cells) {
    const auto [first, is_new] = begun.emplace(stored.cell.prompt, stored.cell.started);
    first->second = std::min(first->second, stored.cell.started);
    keys.insert({stored.cell.prompt, stored.cell.seed});
  }
  std::vector<clip_key> clips(keys.begin(), keys.end());
  std::stable_sort(clips.begin(), clips.end(), [&](const clip_key& a, const clip_key& b) {
    return std::tie(begun[a.prompt], a) < std::tie(begun[b.prompt], b);
  });
  return clips;
}

std::vector<measure> measures_of(const std::vector<stored_result>& cells) {
  std::map<std::string, measure> metrics, costs;
  for (const stored_result& stored : cells) {
    for (const auto& [name, one] : stored.cell.metrics) {
      if (!one.unavailable.empty()) continue;
      const auto [known, is_new] = metrics.emplace(name, measure{name, one.unit, one.better});
      ZT_CHECK(known->second.unit == one.unit && known->second.better == one.better, bad_input,
               printable(stored.place()), ": metric ", printable(name), " in '", printable(one.unit), "', ",
               one.better, " is better; other results have '", printable(known->second.unit), "', ",
               known->second.better);
    }
    for (const auto& [part, one] : stored.cell.speed)
      costs[concat(speed, part)] = {concat(speed, part), "s", "lower", measure::cost};
    if (stored.cell.speed.count("clip"))
      costs[clips_per_minute] = {clips_per_minute, "1/min", "higher", measure::cost};
    for (const auto& [part, bytes] : stored.cell.memory)
      costs[concat(memory, part)] = {concat(memory, part), "B", "lower", measure::cost};
  }
  std::vector<measure> measures;
  for (const auto& [name, one] : metrics) measures.push_back(one);
  for (const auto& [name, one] : costs) measures.push_back(one);
  return measures;
}

std::vector<std::string> labels_of(const std::vector<arm>& arms) {
  std::vector<std::string> labels;
  for (const arm& one : arms) labels.push_back(printable(one.label));
  return labels;
}

}  // namespace

arm_table::arm_table(const std::vector<stored_result>& cells)
    : arms_(arms_of(cells)), clips_(clips_of(cells)), measures_(measures_of(cells)) {
  std::map<clip_key, std::size_t> place;
  for (std::size_t clip = 0; clip < clips_.size(); ++clip) place[clips_[clip]] = clip;
  const auto order = [&](const stored_result* stored) {
    return std::pair(place.at({stored->cell.prompt, stored->cell.seed}), stored->cell.repeat);
  };
  for (arm& one : arms_) {
    std::stable_sort(one.cells.begin(), one.cells.end(),
                     [&](auto* a, auto* b) { return order(a) < order(b); });
    for (const measure& measured : measures_) {
      std::vector<std::vector<double>> repeats(clips_.size());
      for (const stored_result* stored : one.cells)
        repeats[order(stored).first].push_back(value_of(stored->cell, measured));
      for (const auto& values : repeats) values_.push_back(mean_of(finite_values(values)));
    }
  }
}

std::span<const double> arm_table::values(std::size_t arm, std::size_t measure) const {
  return std::span(values_).subspan((arm * measures_.size() + measure) * clips_.size(), clips_.size());
}

std::vector<const stored_result*> arm_table::cells(std::size_t arm, std::size_t clip) const {
  std::vector<const stored_result*> repeats;
  for (const stored_result* stored : arms_[arm].cells)
    if (clip_key{stored->cell.prompt, stored->cell.seed} == clips_[clip]) repeats.push_back(stored);
  return repeats;
}

std::size_t arm_table::find_arm(const std::string& name) const {
  std::vector<std::size_t> found;
  for (std::size_t a = 0; a < arms_.size(); ++a) {
    if (arms_[a].label == name) return a;
    const json& axes = arms_[a].axes;
    if (std::any_of(axes.begin(), axes.end(), [&](const json& value) { return shown_value(value) == name; }))
      found.push_back(a);
  }
  if (found.size() == 1) return found.front();
  const std::vector<std::string> labels = labels_of(arms_);
  throw error(
      error_kind::usage,
      concat(found.empty() ? "there is no arm '" : "more than one arm has the value '", printable(name), "'",
             did_you_mean(name, labels), " (arms: ", joined(labels, "; "), ")"));
}

std::size_t arm_table::find_measure(const std::string& name) const {
  std::vector<std::string> names;
  for (std::size_t m = 0; m < measures_.size(); ++m) {
    if (measures_[m].name == name) return m;
    names.push_back(printable(measures_[m].name));
  }
  throw error(error_kind::usage, unknown_name("measure", name, names));
}

std::vector<double> finite_values(std::span<const double> values) {
  std::vector<double> finite;
  std::copy_if(values.begin(), values.end(), std::back_inserter(finite),
               [](double v) { return std::isfinite(v); });
  return finite;
}

bool is_detail(const measure& measured) {
  return measured.name.starts_with(memory) && !measured.name.starts_with("memory/peak");
}

double value_of(const result& cell, const measure& measured) {
  if (cell.failed()) return nan;
  const std::string& name = measured.name;
  if (measured.of == measure::metric) {
    const auto found = cell.metrics.find(name);
    return found == cell.metrics.end() || !found->second.unavailable.empty() ? nan : found->second.per_video;
  }
  if (name == clips_per_minute) return 60 / value_of(cell, {"speed/clip", "s", "lower", measure::cost});
  if (name.starts_with(speed)) {
    const auto found = cell.speed.find(name.substr(speed.size()));
    return found == cell.speed.end() ? nan : median_of(found->second.seconds);
  }
  const auto found = cell.memory.find(name.substr(memory.size()));
  return found == cell.memory.end() ? nan : static_cast<double>(found->second);
}

std::size_t motion_measure(const std::vector<measure>& measures) {
  return static_cast<std::size_t>(std::find_if(measures.begin(), measures.end(),
                                               [](const measure& one) {
                                                 return one.of == measure::metric &&
                                                        one.name == "motion_amount";
                                               }) -
                                  measures.begin());
}

}  // namespace zoetrope
