// See evaluation.hpp.
#include "eval/evaluation.hpp"

#include <algorithm>
#include <mutex>
#include <set>

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

std::string prompt_of(const evaluation_request& request, std::size_t index) {
  if (!request.prompts.empty()) return request.prompts[index];
  return request.clips[index].result ? request.clips[index].result->cell.prompt : "";
}

// Of references that are there, none of which is this clip's.
std::string needed_reference(const evaluation_request& request, const clip_file& clip) {
  const std::string folder = request.references.front().path.parent_path().string();
  return concat("needs a reference named '", printable(clip.name), "' in ",
                folder.empty() ? "." : printable(folder));
}

measured_clip measure(const evaluation_request& request, std::size_t index, const metric_suite& suite,
                      const feature_makers& makers, int threads) {
  const clip_file& file = request.clips[index];
  const timed_frames read = frames_of(file);
  const clip_file* partner = partner_of(file, request.clips, request.references);
  const float_clip clip = to_float(read.clip);
  const float_clip reference = partner ? to_float(frames_of(*partner).clip) : float_clip();
  metric_input input{.clip = clip,
                     .fps = fps_of(read, request.fps),
                     .reference = partner ? &reference : nullptr,
                     .prompt = prompt_of(request, index),
                     .seed = file.result ? file.result->cell.seed : 0,
                     .threads = threads};
  if (!request.references.empty()) input.no_reference = needed_reference(request, file);
  return in_context(printable(file.place()), [&]() -> measured_clip {
    return {{file.name, input.prompt, clip.width, clip.height, clip.frames, input.fps, suite.score(input)},
            features_of(clip, makers)};
  });
}

// What is wrong with files, a text a file; others than error{bad_input} leave.
class file_problems {
 public:
  explicit file_problems(std::size_t files) : texts_(files) {}

  template <class Body>
  void collect(std::size_t file, Body&& body) try {
    body();
  } catch (const error& failure) {
    if (failure.kind() != error_kind::bad_input) throw;
    texts_[file] = failure.what();
  }
  bool has(std::size_t file) const { return !texts_[file].empty(); }

  void expect_none() const {
    std::vector<std::string> told;
    std::copy_if(texts_.begin(), texts_.end(), std::back_inserter(told),
                 [](const std::string& text) { return !text.empty(); });
    ZT_CHECK(told.empty(), bad_input, told.size() > 1 ? concat(told.size(), " files cannot be used: ") : "",
             joined(told, "; "));
  }

 private:
  std::vector<std::string> texts_;
};

void look_at_all(const evaluation_request& request) {
  std::vector<const clip_file*> files;
  for (const clip_file& clip : request.clips) files.push_back(&clip);
  for (const clip_file& reference : request.references) files.push_back(&reference);
  std::vector<clip_extents> extents(files.size());
  file_problems problems(files.size());
  std::mutex told;
  for_each_index(static_cast<int>(files.size()), request.threads, [&](int i) {
    problems.collect(i, [&] {
      const rgb_frames clip = frames_of(*files[i]).clip;
      extents[i] = {static_cast<int>(clip.frames.size()), clip.width, clip.height};
    });
    const std::lock_guard lock(told);
    if (request.on_clip) request.on_clip(0, request.clips.size());
  });
  const std::size_t clips = request.clips.size();
  for (std::size_t i = 0; i < clips; ++i) {
    if (problems.has(i)) continue;
    problems.collect(i, [&] {
      const clip_file* partner = partner_of(*files[i], request.clips, request.references);
      const std::size_t at =
          partner ? clips + static_cast<std::size_t>(partner - request.references.data()) : 0;
      const bool comparable = partner && !problems.has(at);
      in_context(printable(files[i]->place()),
                 [&] { check_extents(extents[i], comparable ? &extents[at] : nullptr); });
    });
  }
  problems.expect_none();
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
  look_at_all(request);
  const bool compares_sets = !request.references.empty();
  const feature_makers makers = compares_sets ? makers_of(set_metrics) : feature_makers();
  const int inner = std::max(1, request.threads / static_cast<int>(count));
  std::vector<measured_clip> measured(count);
  std::vector<features_by_key> references(makers.empty() ? 0 : request.references.size());
  std::mutex told;
  std::size_t done = 0;
  for_each_index(static_cast<int>(count), request.threads, [&](int i) {
    measured[i] = measure(request, i, suite, makers, inner);
    const std::lock_guard lock(told);
    if (request.on_clip) request.on_clip(++done, count);
  });
  for_each_index(static_cast<int>(references.size()), request.threads, [&](int i) {
    const float_clip clip = to_float(frames_of(request.references[i]).clip);
    references[i] =
        in_context(printable(request.references[i].place()), [&] { return features_of(clip, makers); });
  });
  evaluation result;
  std::vector<features_by_key> features;
  const std::vector<std::string> names = distinct_names(request.clips);
  for (std::size_t i = 0; i < count; ++i) {
    measured[i].result.name = names[i];
    result.clips.push_back(std::move(measured[i].result));
    features.push_back(std::move(measured[i].features));
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
