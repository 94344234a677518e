// See comparison.hpp.
#include "eval/comparison.hpp"

#include <algorithm>
#include <cmath>

namespace zoetrope {

namespace {

struct value_pairs {
  std::vector<double> ours, theirs;
};

/// Of the clips that both arms have; by prompt their means. A prompt's clips stand side by side in the table.
value_pairs pairs_of(const arm_table& table, std::size_t baseline, std::size_t arm, std::size_t measure,
                     observation of) {
  value_pairs pairs;
  std::vector<double> ours, theirs;
  const auto end_observation = [&] {
    if (ours.empty()) return;
    pairs.ours.push_back(mean_of(ours));
    pairs.theirs.push_back(mean_of(theirs));
    ours.clear();
    theirs.clear();
  };
  for (std::size_t clip = 0; clip < table.clips().size(); ++clip) {
    const bool goes_on =
        of == observation::prompt && clip > 0 && table.clips()[clip].prompt == table.clips()[clip - 1].prompt;
    if (!goes_on) end_observation();
    const double mine = table.value(arm, measure, clip), other = table.value(baseline, measure, clip);
    if (!std::isfinite(mine) || !std::isfinite(other)) continue;
    ours.push_back(mine);
    theirs.push_back(other);
  }
  end_observation();
  return pairs;
}

arm_comparison compare_pair(const arm_table& table, std::size_t baseline, std::size_t arm,
                            std::size_t measure, const resampling& how, observation of) {
  const auto [ours, theirs] = pairs_of(table, baseline, arm, measure, of);
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
