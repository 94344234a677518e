// See metric_suite.hpp.
#include "eval/metric_suite.hpp"

#include <algorithm>

#include "eval/metric_names.hpp"

namespace zoetrope {
namespace {

constexpr const char* motion = "motion_amount";

void check_input(const metric_input& input) {
  check_finite(input.clip);
  if (input.reference) in_context("reference", [&] { check_finite(*input.reference); });
  const clip_extents reference = input.reference ? extents_of(*input.reference) : clip_extents();
  check_extents(extents_of(input.clip), input.reference ? &reference : nullptr);
}

}  // namespace

clip_extents extents_of(const float_clip& clip) { return {clip.frames, clip.width, clip.height}; }

void check_extents(const clip_extents& clip, const clip_extents* reference) {
  ZT_CHECK(clip.frames >= 2, bad_input, "a clip of one frame: metrics over time need two frames or more");
  const auto text = [](const clip_extents& of) {
    return concat(of.frames, of.frames == 1 ? " frame of " : " frames of ", of.width, " x ", of.height);
  };
  ZT_CHECK(!reference || text(*reference) == text(clip), bad_input, "the reference has ", text(*reference),
           ", the clip ", text(clip));
}

const metric_values* clip_scores::find(const std::string& name) const {
  for (const metric_values& value : values)
    if (value.name == name) return &value;
  return nullptr;
}

metric_suite::metric_suite(const std::vector<config>& parts, const metric_setup& setup) {
  for (const config& options : parts) parts_.push_back(make_metric(options, setup));
  const std::vector<std::string> suffixes = option_suffixes(parts);
  for (std::size_t i = 0; i < parts_.size(); ++i) {
    parts_[i].name += suffixes[i];
    parts_[i].measure = with_suffix(parts_[i].measure, suffixes[i]);
  }
  const auto any = [&](auto&& holds) { return std::any_of(parts_.begin(), parts_.end(), holds); };
  if (any([](const named_metric& part) { return part.role == metric_role::consistency; }) &&
      !any([](const named_metric& part) { return part.name == motion; }))
    parts_.push_back(make_metric(config(json{{"type", motion}}), setup));
}

clip_scores metric_suite::score(const metric_input& input) const {
  check_input(input);
  clip_scores scores;
  for (const named_metric& part : parts_) {
    const std::string reason = why_unavailable(part, input);
    if (!reason.empty()) {
      scores.unavailable[part.name] = reason;
      continue;
    }
    for (metric_values& value : in_context(part.name, [&] { return part.measure(input); }))
      scores.values.push_back(std::move(value));
  }
  if (const metric_values* moved = scores.find(motion)) scores.still = moved->per_video < still_below;
  return scores;
}

}  // namespace zoetrope
