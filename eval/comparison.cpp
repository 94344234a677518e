// See comparison.hpp.
#include "eval/comparison.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

namespace zoetrope {

namespace {

std::vector<clip_value> values_of(const arm_table& table, std::size_t arm, std::size_t measure) {
  std::vector<clip_value> values;
  for (std::size_t clip = 0; clip < table.clips().size(); ++clip)
    values.push_back({table.clips()[clip].prompt, table.value(arm, measure, clip)});
  return values;
}

// Clips that one of the two lacks are left out of both.
std::pair<std::vector<double>, std::vector<double>> paired_observations(std::vector<clip_value> ours,
                                                                        std::vector<clip_value> theirs,
                                                                        observation of) {
  for (std::size_t clip = 0; clip < ours.size(); ++clip)
    if (!std::isfinite(ours[clip].value) || !std::isfinite(theirs[clip].value))
      ours[clip].value = theirs[clip].value = std::numeric_limits<double>::quiet_NaN();
  return {observations(ours, of), observations(theirs, of)};
}

arm_comparison compare_pair(const arm_table& table, std::size_t baseline, std::size_t arm,
                            std::size_t measure, const resampling& how, observation of) {
  const auto [ours, theirs] =
      paired_observations(values_of(table, arm, measure), values_of(table, baseline, measure), of);
  std::vector<double> differences;
  for (std::size_t i = 0; i < ours.size(); ++i) differences.push_back(ours[i] - theirs[i]);
  return {.arm = arm,
          .measure = measure,
          .pairs = differences.size(),
          .mean = mean_of(ours),
          .baseline_mean = mean_of(theirs),
          .difference = mean_of(differences),
          .confidence = mean_interval(differences, how),
          .p = sign_flip_p(differences, how),
          .dz = cohens_dz(differences),
          .said = std::all_of(differences.begin(), differences.end(), [](double d) { return d == 0; })
                      ? verdict::same
                      : verdict::unclear};
}

void correct(std::vector<arm_comparison>& rows, const arm_table& table, measure::family of) {
  std::vector<arm_comparison*> family;
  std::vector<double> p;
  for (arm_comparison& row : rows)
    if (table.measures()[row.measure].of == of) {
      family.push_back(&row);
      p.push_back(row.p);
    }
  const std::vector<double> adjusted = holm_adjusted(p);
  for (std::size_t i = 0; i < family.size(); ++i) family[i]->holm_p = adjusted[i];
}

void judge(arm_comparison& row, const std::string& better, double level) {
  if (row.said == verdict::same || !(row.holm_p <= 1 - level)) return;
  row.said = better == "neither"                            ? verdict::changed
             : (row.difference > 0) == (better == "higher") ? verdict::better
                                                            : verdict::worse;
}

}  // namespace

std::vector<double> observations(std::span<const clip_value> values, observation of) {
  std::vector<std::pair<std::string_view, std::vector<double>>> groups;
  for (const auto& [prompt, value] : values) {
    if (!std::isfinite(value)) continue;
    const auto same = [&](const auto& group) { return group.first == prompt; };
    auto group = of == observation::prompt ? std::find_if(groups.begin(), groups.end(), same) : groups.end();
    if (group == groups.end()) group = groups.insert(groups.end(), {prompt, {}});
    group->second.push_back(value);
  }
  std::vector<double> means;
  for (const auto& [prompt, of_group] : groups) means.push_back(mean_of(of_group));
  return means;
}

std::vector<double> observations(const arm_table& table, std::size_t arm, std::size_t measure,
                                 observation of) {
  return observations(values_of(table, arm, measure), of);
}

std::vector<arm_comparison> compare(const arm_table& table, std::size_t baseline, const resampling& how,
                                    const std::set<std::size_t>& wanted, observation of) {
  std::vector<arm_comparison> rows;
  for (std::size_t arm = 0; arm < table.arms().size(); ++arm) {
    if (arm == baseline) continue;
    for (std::size_t measure = 0; measure < table.measures().size(); ++measure) {
      if (wanted.empty() ? is_detail(table.measures()[measure]) : !wanted.count(measure)) continue;
      if (const arm_comparison row = compare_pair(table, baseline, arm, measure, how, of); row.pairs > 0)
        rows.push_back(row);
    }
  }
  correct(rows, table, measure::metric);
  correct(rows, table, measure::cost);
  for (arm_comparison& row : rows) judge(row, table.measures()[row.measure].better, how.level);
  return rows;
}

std::string name_of(verdict said) {
  switch (said) {
    case verdict::better:
      return "better";
    case verdict::worse:
      return "worse";
    case verdict::changed:
      return "changed";
    case verdict::same:
      return "same";
    case verdict::unclear:
      break;
  }
  return "unclear";
}

still_clips count_still(const arm_table& table, std::size_t arm) {
  still_clips count;
  const std::size_t motion = motion_measure(table.measures());
  if (motion == table.measures().size()) return count;
  for (const double amount : finite_values(table.values(arm, motion))) {
    ++count.known;
    count.still += amount < still_below;
  }
  return count;
}

const arm_comparison* moves_less(const arm_table& table, const std::vector<arm_comparison>& rows,
                                 std::size_t arm) {
  const std::size_t motion = motion_measure(table.measures());
  for (const arm_comparison& row : rows)
    if (row.arm == arm && row.measure == motion && row.confidence.high < 0) return &row;
  return nullptr;
}

}  // namespace zoetrope
