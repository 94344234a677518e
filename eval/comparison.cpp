// See comparison.hpp.
#include "eval/comparison.hpp"

#include <algorithm>
#include <cmath>

namespace zoetrope {

namespace {

arm_comparison compare_pair(const arm_table& table, std::size_t baseline, std::size_t arm,
                            std::size_t measure, const resampling& how) {
  std::vector<double> ours, theirs, differences;
  for (std::size_t clip = 0; clip < table.clips().size(); ++clip) {
    const double mine = table.value(arm, measure, clip), other = table.value(baseline, measure, clip);
    if (!std::isfinite(mine) || !std::isfinite(other)) continue;
    ours.push_back(mine);
    theirs.push_back(other);
    differences.push_back(mine - other);
  }
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
                                    const std::set<std::size_t>& wanted) {
  std::vector<arm_comparison> rows;
  for (std::size_t arm = 0; arm < table.arms().size(); ++arm) {
    if (arm == baseline) continue;
    for (std::size_t measure = 0; measure < table.measures().size(); ++measure) {
      if (wanted.empty() ? is_detail(table.measures()[measure]) : !wanted.count(measure)) continue;
      if (const arm_comparison row = compare_pair(table, baseline, arm, measure, how); row.pairs > 0)
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
