// See reproduce.hpp.
#include "experiments/reproduce.hpp"

#include <bit>
#include <cmath>
#include <set>

#include "core/json_text.hpp"
#include "core/tensor/device.hpp"

namespace zoetrope {
namespace {

bool same_bits(double a, double b) {
  return std::bit_cast<std::uint64_t>(a) == std::bit_cast<std::uint64_t>(b);
}

template <class Element>
double largest_difference(const hdf5_array<Element>& a, const hdf5_array<Element>& b) {
  double largest = 0;
  for (std::size_t i = 0; i < a.values.size(); ++i)
    largest =
        std::max(largest, std::abs(static_cast<double>(a.values[i]) - static_cast<double>(b.values[i])));
  return largest;
}

// By how much, where both were kept.
template <class Element>
void compare_arrays(const char* name, const hdf5_array<Element>& before, const hdf5_array<Element>& after,
                    std::vector<changed_number>& numbers) {
  if (before.values.empty()) return;
  if (before.shape != after.shape)
    numbers.push_back({concat(name, " (of another size)"), 0, 0});
  else if (const double largest = largest_difference(before, after); largest > 0)
    numbers.push_back({name, 0, largest});
}

void compare_lists(const std::string& name, const std::vector<double>& before,
                   const std::vector<double>& after, std::vector<changed_number>& numbers) {
  if (before.size() != after.size())
    numbers.push_back(
        {name + "s, how many", static_cast<double>(before.size()), static_cast<double>(after.size())});
  for (std::size_t i = 0; i < std::min(before.size(), after.size()); ++i)
    if (!same_bits(before[i], after[i])) numbers.push_back({concat(name, " ", i), before[i], after[i]});
}

std::set<std::string> curve_names(const metric_result& before, const metric_result& after) {
  std::set<std::string> names;
  for (const metric_result* metric : {&before, &after})
    for (const auto& [name, values] : metric->curves) names.insert(name);
  return names;
}

std::vector<double> curve_of(const metric_result& metric, const std::string& name) {
  const auto found = metric.curves.find(name);
  return found == metric.curves.end() ? std::vector<double>() : found->second;
}

void compare_metrics(const result& before, const result& after, std::vector<changed_number>& numbers) {
  for (const auto& [name, was] : before.metrics) {
    const auto found = after.metrics.find(name);
    if (found == after.metrics.end() || was.unavailable != found->second.unavailable) {
      numbers.push_back({concat("metric ", name, " (not available both times)"), 0, 0});
      continue;
    }
    const metric_result& is = found->second;
    if (!same_bits(was.per_video, is.per_video))
      numbers.push_back({"metric " + name, was.per_video, is.per_video});
    compare_lists(concat("metric ", name, ", pair"), was.per_pair, is.per_pair, numbers);
    for (const std::string& curve : curve_names(was, is))
      compare_lists(concat("metric ", name, ", curve ", curve, ", value"), curve_of(was, curve),
                    curve_of(is, curve), numbers);
  }
}

void compare_facts(const result& before, const result& after, std::vector<std::string>& facts) {
  const auto fact = [&](const std::string& name, const json& was, const json& is) {
    if (was != is) facts.push_back(concat(name, ": ", compact(was), ", now ", compact(is)));
  };
  fact("git_revision", before.git_revision, after.git_revision);
  fact("git_dirty", before.git_dirty, after.git_dirty);
  fact("device", before.device, after.device);
  fact("driver", before.driver, after.driver);
  fact("threads", before.threads, after.threads);
  std::set<std::string> names;
  for (const json* versions : {&before.versions, &after.versions})
    for (const auto& [name, value] : versions->items()) names.insert(name);
  for (const std::string& name : names)
    fact(name, before.versions.value(name, json()), after.versions.value(name, json()));
  const json was = before.config.value("inputs", json::object()),
             is = after.config.value("inputs", json::object());
  for (const auto& [name, fingerprint] : was.items())
    if (fingerprint != is.value(name, json())) facts.push_back(concat(name, ": the file is another one"));
}

}  // namespace

reproduction compare_results(const result& before, const result& after) {
  reproduction found;
  found.frames_agree = before.frames_sha256 == after.frames_sha256;
  found.latents_agree = before.latents_sha256 == after.latents_sha256;
  compare_arrays("frames (levels of 255)", before.frames, after.frames, found.numbers);
  compare_arrays("latents", before.latents, after.latents, found.numbers);
  compare_metrics(before, after, found.numbers);
  compare_facts(before, after, found.facts);
  return found;
}

reproduction reproduce(const std::filesystem::path& file, const cell_conditions& conditions) {
  const result before = read_result(file);
  ZT_CHECK(!before.failed(), bad_input, printable(file.string()),
           ": a failed cell has no numbers to compare: ", before.error);
  cell_work work = in_context(printable(file.string()), [&] { return work_of(before.config, before.seed); });
  work.speed.reset();  // times never agree to the bit
  work.memory = false;
  set_thread_count(static_cast<int>(work.resolved.settings.threads));
  result after;
  after.config["inputs"] = input_fingerprints(work.resolved.settings, work.metric_weights,
                                              work.references->find(work.prompt, work.seed));
  tell_where(work.resolved, conditions, after);
  const text_to_video_model model = open_model(work.resolved);
  const made_clip clip = run_cell(model, work, nullptr, conditions, after);
  after.frames = as_array(clip.frames);
  after.latents = clip.latents;
  return compare_results(before, after);
}

}  // namespace zoetrope
