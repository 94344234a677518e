// See set_comparison.hpp.
#include "eval/set_comparison.hpp"

#include <cmath>
#include <mutex>

#include "core/io/float_clip.hpp"
#include "eval/metrics/frame_loop.hpp"

namespace zoetrope {

namespace {

constexpr double nan = std::numeric_limits<double>::quiet_NaN();

// A clip that is read when its features are wanted, and where it lies.
struct clip_source {
  std::string place;
  std::function<float_clip()> read;
};

clip_source source_of(const clip_file& file) {
  return {file.place(), [&file] { return to_float(frames_of(file).clip); }};
}
clip_source source_of(const stored_result& stored) {
  return {stored.place(), [&stored] { return to_float(frames_of(stored).clip); }};
}

// The first repeat that has frames; null where none has.
const stored_result* kept_cell(const arm_table& table, std::size_t arm, std::size_t clip) {
  for (const stored_result* stored : table.cells(arm, clip))
    if (stored->has_frames) return stored;
  return nullptr;
}

// Features of all arms' clips and of the references, by the key of what makes them.
class feature_store {
 public:
  feature_store(const arm_table& table, const set_request& request) : clips_(table.clips().size()) {
    for (std::size_t arm = 0; arm < table.arms().size(); ++arm)
      for (std::size_t clip = 0; clip < clips_; ++clip) {
        const stored_result* kept = kept_cell(table, arm, clip);
        places_.push_back(kept ? static_cast<std::ptrdiff_t>(sources_.size()) : -1);
        if (kept) sources_.push_back(source_of(*kept));
      }
    first_reference_ = sources_.size();
    for (const clip_file& file : request.references) sources_.push_back(source_of(file));
    compute(request);
  }

  /// Null where the clip's frames were not kept.
  const std::vector<double>* of_clip(const std::string& key, std::size_t arm, std::size_t clip) const {
    const std::ptrdiff_t place = places_[arm * clips_ + clip];
    return place < 0 ? nullptr : &features_.at(key)[static_cast<std::size_t>(place)];
  }
  feature_rows references(const std::string& key) const {
    const feature_rows& all = features_.at(key);
    return {all.begin() + static_cast<std::ptrdiff_t>(first_reference_), all.end()};
  }

 private:
  void compute(const set_request& request) {
    std::map<std::string, const named_set_metric*> makers;
    for (const named_set_metric& metric : request.metrics)
      if (metric.unavailable.empty()) makers[metric.feature_key] = &metric;
    for (const auto& [key, metric] : makers) features_[key].resize(sources_.size());
    if (makers.empty()) return;
    std::mutex told;
    std::size_t done = 0;
    for_each_index(static_cast<int>(sources_.size()), request.threads, [&](int index) {
      const auto i = static_cast<std::size_t>(index);
      const float_clip clip = sources_[i].read();
      in_context(printable(sources_[i].place), [&] {
        for (const auto& [key, metric] : makers) features_[key][i] = metric->features(clip);
      });
      const std::lock_guard lock(told);
      if (request.on_clip) request.on_clip(++done, sources_.size());
    });
  }

  std::size_t clips_, first_reference_ = 0;
  std::vector<std::ptrdiff_t> places_;  ///< arm x clip -> source, or -1
  std::vector<clip_source> sources_;
  std::map<std::string, feature_rows> features_;
};

// The clips of two arms, side by side; those of one group change places together.
struct paired_sets {
  feature_rows ours, theirs;
  std::vector<std::size_t> group;
  std::size_t groups = 0;
};

paired_sets pair_up(const arm_table& table, const feature_store& store, const std::string& key,
                    std::size_t arm, std::size_t baseline, observation of) {
  paired_sets pairs;
  std::map<std::string, std::size_t> groups;
  for (std::size_t clip = 0; clip < table.clips().size(); ++clip) {
    const auto *mine = store.of_clip(key, arm, clip), *other = store.of_clip(key, baseline, clip);
    if (!mine || !other) continue;
    pairs.ours.push_back(*mine);
    pairs.theirs.push_back(*other);
    const std::size_t next = of == observation::clip ? pairs.group.size() : groups.size();
    pairs.group.push_back(
        of == observation::clip ? next : groups.emplace(table.clips()[clip].prompt, next).first->second);
  }
  pairs.groups = of == observation::clip ? pairs.group.size() : groups.size();
  return pairs;
}

double swapped_p(const paired_sets& pairs,
                 const std::function<double(const feature_rows&, const feature_rows&)>& statistic,
                 const resampling& how) {
  return swap_p(
      pairs.groups,
      [&](const std::vector<bool>& swapped) {
        feature_rows ours = pairs.ours, theirs = pairs.theirs;
        for (std::size_t i = 0; i < ours.size(); ++i)
          if (swapped[pairs.group[i]]) std::swap(ours[i], theirs[i]);
        return statistic(ours, theirs);
      },
      how);
}

set_comparison compare_pair(const named_set_metric& metric, const paired_sets& pairs,
                            const feature_rows& references, const resampling& how) {
  const auto distance = [&](const feature_rows& a, const feature_rows& b) {
    return metric.compare(a, b).front().per_video;
  };
  set_comparison row{.metric = metric.name,
                     .clips = pairs.ours.size(),
                     .references = references.size(),
                     .p = nan,
                     .holm_p = nan};
  row.unavailable = metric.refuses(pairs.ours, references.empty() ? pairs.theirs : references);
  if (!row.unavailable.empty()) return row;
  if (references.empty()) {
    row.distance = distance(pairs.ours, pairs.theirs);
    row.p = swapped_p(pairs, distance, how);
    return row;
  }
  row.distance = distance(pairs.ours, references);
  row.baseline_distance = distance(pairs.theirs, references);
  row.p = swapped_p(
      pairs,
      [&](const feature_rows& ours, const feature_rows& theirs) {
        return std::abs(distance(ours, references) - distance(theirs, references));
      },
      how);
  return row;
}

void judge(std::vector<set_comparison>& rows, bool has_reference, double level) {
  std::vector<double> p;
  for (const set_comparison& row : rows) p.push_back(row.p);
  const std::vector<double> adjusted = holm_adjusted(p);
  for (std::size_t i = 0; i < rows.size(); ++i) {
    rows[i].holm_p = adjusted[i];
    if (!(adjusted[i] <= 1 - level)) continue;
    rows[i].said = !has_reference                                 ? verdict::changed
                   : rows[i].distance < rows[i].baseline_distance ? verdict::better
                                                                  : verdict::worse;
  }
}

}  // namespace

std::vector<set_comparison> compare_sets(const arm_table& table, std::size_t baseline,
                                         const set_request& request) {
  const feature_store store(table, request);
  std::vector<set_comparison> rows;
  for (const named_set_metric& metric : request.metrics)
    for (std::size_t arm = 0; arm < table.arms().size(); ++arm) {
      if (arm == baseline) continue;
      if (!metric.unavailable.empty()) {
        rows.push_back({.metric = metric.name,
                        .unavailable = metric.unavailable,
                        .references = request.references.size(),
                        .p = nan,
                        .holm_p = nan});
      } else {
        const std::string& key = metric.feature_key;
        rows.push_back(compare_pair(metric, pair_up(table, store, key, arm, baseline, request.of),
                                    store.references(key), request.how));
      }
      rows.back().arm = arm;
    }
  judge(rows, !request.references.empty(), request.how.level);
  return rows;
}

}  // namespace zoetrope
