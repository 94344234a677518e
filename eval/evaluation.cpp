// See evaluation.hpp.
#include "eval/evaluation.hpp"

#include <algorithm>
#include <cmath>
#include <mutex>
#include <set>

#include "core/io/clip_reader.hpp"
#include "eval/metrics/frame_loop.hpp"

namespace zoetrope {
namespace {

constexpr double usual_fps = 8;  // Hotshot-XL's

double fps_of(const timed_frames& read, double wanted) {
  double ms = 0;
  for (const double one : read.frame_ms) ms += one;
  if (wanted > 0) return wanted;
  return ms > 0 ? 1000 * static_cast<double>(read.frame_ms.size()) / ms : usual_fps;
}

// Features of clips, by the key of what makes them.
using feature_makers = std::map<std::string, std::function<std::vector<double>(const float_clip&)>>;
using features_by_key = std::map<std::string, std::vector<double>>;

feature_makers makers_of(const std::vector<named_set_metric>& set_metrics) {
  feature_makers makers;
  for (const named_set_metric& metric : set_metrics)
    if (metric.unavailable.empty()) makers[metric.feature_key] = metric.features;
  return makers;
}

features_by_key features_of(const float_clip& clip, const feature_makers& makers) {
  features_by_key features;
  for (const auto& [key, of] : makers) features[key] = of(clip);
  return features;
}

struct measured_clip {
  evaluated_clip result;
  features_by_key features;
};

measured_clip measure(const evaluation_request& request, std::size_t index, const metric_suite& suite,
                      const feature_makers& makers, int threads) {
  const clip_file& file = request.clips[index];
  const timed_frames read = read_clip(file.path);
  const clip_file* partner = partner_of(file, request.clips, request.references);
  const float_clip clip = to_float(read.clip);
  const float_clip reference = partner ? to_float(read_clip(partner->path).clip) : float_clip();
  const std::string prompt = request.prompts.empty() ? "" : request.prompts[index];
  const double fps = fps_of(read, request.fps);
  const metric_input input{.clip = clip,
                           .fps = fps,
                           .reference = partner ? &reference : nullptr,
                           .prompt = prompt,
                           .threads = threads};
  return {{file.name, prompt, clip.width, clip.height, clip.frames, fps, suite.score(input)},
          features_of(clip, makers)};
}

feature_rows rows_of(const std::vector<features_by_key>& features, const std::string& key) {
  feature_rows rows;
  for (const features_by_key& one : features) rows.push_back(one.at(key));
  return rows;
}

void compare_sets(evaluation& result, const std::vector<named_set_metric>& set_metrics,
                  const std::vector<features_by_key>& clips, const std::vector<features_by_key>& references) {
  for (const named_set_metric& metric : set_metrics) {
    std::string reason = metric.unavailable;
    if (reason.empty() && references.empty()) reason = "needs reference videos";
    feature_rows ours, theirs;
    if (reason.empty()) {
      ours = rows_of(clips, metric.feature_key), theirs = rows_of(references, metric.feature_key);
      reason = metric.refuses(ours, theirs);
    }
    if (!reason.empty()) {
      result.unavailable_sets[metric.name] = reason;
      continue;
    }
    for (metric_values& value : metric.compare(ours, theirs)) result.set_values.push_back(std::move(value));
  }
}

}  // namespace

evaluation evaluate(const evaluation_request& request, const metric_suite& suite,
                    const std::vector<named_set_metric>& set_metrics) {
  const std::size_t count = request.clips.size();
  ZT_CHECK(count > 0, usage, "no clips to measure");
  ZT_CHECK(request.prompts.empty() || request.prompts.size() == count, usage, request.prompts.size(),
           " prompts for ", count, " clips: wanted one a clip, in their order");
  const bool compares_sets = !request.references.empty();
  const feature_makers makers = compares_sets ? makers_of(set_metrics) : feature_makers();
  const int inner = std::max(1, request.threads / static_cast<int>(count));
  std::vector<measured_clip> measured(count);
  std::vector<features_by_key> references(makers.empty() ? 0 : request.references.size());
  std::mutex told;
  std::size_t done = 0;
  for_each_index(static_cast<int>(count), request.threads, [&](int i) {
    measured[i] = in_context(printable(request.clips[i].path.string()),
                             [&] { return measure(request, i, suite, makers, inner); });
    const std::lock_guard lock(told);
    if (request.on_clip) request.on_clip(++done, count);
  });
  for_each_index(static_cast<int>(references.size()), request.threads, [&](int i) {
    const auto& file = request.references[i].path;
    references[i] = in_context(printable(file.string()),
                               [&] { return features_of(to_float(read_clip(file).clip), makers); });
  });
  evaluation result;
  std::vector<features_by_key> features;
  for (measured_clip& one : measured) {
    result.clips.push_back(std::move(one.result));
    features.push_back(std::move(one.features));
  }
  compare_sets(result, set_metrics, features, references);
  return result;
}

std::vector<metric_summary> summaries_of(const std::vector<evaluated_clip>& clips) {
  std::vector<metric_summary> all;
  std::set<std::string> seen;
  for (const evaluated_clip& named_by : clips)
    for (const metric_values& value : named_by.scores.values) {
      if (!seen.insert(value.name).second) continue;
      std::vector<double> values, of_moving;
      for (const evaluated_clip& clip : clips)
        if (const metric_values* found = clip.scores.find(value.name)) {
          values.push_back(found->per_video);
          if (!clip.scores.still) of_moving.push_back(found->per_video);
        }
      all.push_back({value.name, value.unit, value.direction, mean_of_numbers(values),
                     mean_of_numbers(of_moving), values.size()});
    }
  return all;
}

}  // namespace zoetrope
