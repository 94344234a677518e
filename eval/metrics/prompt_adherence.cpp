// Whether a clip of moving shapes shows what its prompt asks for, by the analytic judge of core/shapes: the
// share of what was asked (colour, shape, motion, size, background, number of objects) that is right, whether
// all of it is, and each by itself, 1 or 0.
#include <algorithm>

#include "core/shapes/expectation.hpp"
#include "core/shapes/obedience.hpp"
#include "eval/metrics/makers.hpp"
#include "eval/metrics/shapes_prompt.hpp"

namespace zoetrope {

std::string refuse_other_prompts(const metric_input& input) {
  const expectation wanted = read_caption(input.prompt);
  const char* example = "(\"a red circle moving left\")";
  if (wanted.objects.empty()) return concat("needs a prompt about moving shapes ", example);
  if (wanted.unknown.empty()) return "";
  return concat("needs a prompt in the words of the moving shapes ", example, ", has '",
                printable(joined(wanted.unknown, "', '")), "'");
}

namespace {

void add(std::vector<std::string>& words, const std::string& word) {
  if (!word.empty() && std::find(words.begin(), words.end(), word) == words.end()) words.push_back(word);
}

}  // namespace

verdict judged(const metric_input& input) {
  const expectation wanted = read_caption(input.prompt);
  shape_world world;
  for (const expected_object& object : wanted.objects) {
    add(world.colours, object.colour);
    add(world.shapes, object.shape);
  }
  add(world.backgrounds, wanted.background);
  return judge(input.clip, world);
}

namespace {

std::vector<metric_values> adherence(const metric_input& input) {
  const obedience told = obeys(read_caption(input.prompt), judged(input));
  std::vector<metric_values> each;
  const auto add = [&](const char* attribute, const std::optional<bool>& right) {
    if (right) each.push_back({concat("adherence_", attribute), "right", better::higher, *right ? 1.0 : 0.0});
  };
  add("colour", told.colour);
  add("shape", told.shape);
  add("motion", told.motion);
  add("size", told.size);
  add("background", told.background);
  add("count", told.count);
  metric_values share{"prompt_adherence", "share", better::higher};
  for (const metric_values& one : each) share.per_video += one.per_video;
  share.per_video /= static_cast<double>(each.size());
  const metric_values all{"adherence_all", "right", better::higher, told.all() ? 1.0 : 0.0};
  each.insert(each.begin(), {share, all});
  return each;
}

}  // namespace

metric make_prompt_adherence(const config&, const metric_setup&) {
  return {.role = metric_role::adherence,
          .needs = {.prompt = true},
          .measure = adherence,
          .refuses = refuse_other_prompts};
}

}  // namespace zoetrope
