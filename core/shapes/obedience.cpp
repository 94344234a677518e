// See obedience.hpp.
#include "core/shapes/obedience.hpp"

#include <algorithm>
#include <climits>
#include <numeric>

namespace zoetrope {
namespace {

using field = std::string expected_object::*;
using got_field = std::string judged_object::*;

bool agrees(const expected_object& wanted, const judged_object* got, field asked, got_field answer) {
  return (wanted.*asked).empty() || (got && wanted.*asked == got->*answer);
}

int price(const expected_object& wanted, const judged_object* got) {
  return 4 * !agrees(wanted, got, &expected_object::colour, &judged_object::colour) +
         !agrees(wanted, got, &expected_object::shape, &judged_object::shape) +
         !agrees(wanted, got, &expected_object::motion, &judged_object::motion) +
         !agrees(wanted, got, &expected_object::size, &judged_object::size);
}

// For each expected object the judged one that it is held against, null where there are too few. Prompts name
// one or two objects: of more only the first four are paired freely.
std::vector<const judged_object*> paired(const std::vector<expected_object>& wanted,
                                         const std::vector<judged_object>& got) {
  std::vector<std::size_t> order(std::max(got.size(), std::min<std::size_t>(wanted.size(), 4)));
  std::iota(order.begin(), order.end(), 0);
  std::vector<const judged_object*> best;
  int least = INT_MAX;
  do {
    std::vector<const judged_object*> pairs;
    int sum = 0;
    for (std::size_t i = 0; i < wanted.size(); ++i) {
      pairs.push_back(i < order.size() && order[i] < got.size() ? &got[order[i]] : nullptr);
      sum += price(wanted[i], pairs.back());
    }
    if (sum < least) least = sum, best = pairs;
  } while (std::next_permutation(order.begin(), order.end()));
  return best;
}

}  // namespace

bool obedience::all() const {
  return background && count && colour.value_or(true) && shape.value_or(true) && motion.value_or(true) &&
         size.value_or(true);
}

obedience obeys(const expectation& wanted, const verdict& got) {
  obedience result;
  result.background = got.background == wanted.background;
  result.count = got.objects.size() == wanted.objects.size();
  const std::vector<const judged_object*> pairs = paired(wanted.objects, got.objects);
  const auto judge_field = [&](std::optional<bool>& told, field asked, got_field answer) {
    for (std::size_t i = 0; i < wanted.objects.size(); ++i)
      if (!(wanted.objects[i].*asked).empty())
        told = told.value_or(true) && agrees(wanted.objects[i], pairs[i], asked, answer);
  };
  judge_field(result.colour, &expected_object::colour, &judged_object::colour);
  judge_field(result.shape, &expected_object::shape, &judged_object::shape);
  judge_field(result.motion, &expected_object::motion, &judged_object::motion);
  judge_field(result.size, &expected_object::size, &judged_object::size);
  return result;
}

}  // namespace zoetrope
