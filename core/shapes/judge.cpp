// See judge.hpp.
#include "core/shapes/judge.hpp"

#include <algorithm>
#include <cmath>
#include <numbers>

#include "core/shapes/motion_fit.hpp"
#include "core/shapes/outline.hpp"
#include "core/shapes/shape_match.hpp"

namespace zoetrope {
namespace {

constexpr float farthest_colour = 0.45f;

bool contains(const std::vector<std::string>& words, const std::string& word) {
  return std::find(words.begin(), words.end(), word) != words.end();
}

std::string colour_name(const rgb& value, const std::vector<std::string>& names) {
  const named_colour nearest = nearest_colour(value, names);
  return nearest.distance <= farthest_colour ? nearest.name : "";
}

double second_difference(double before, double here, double after) {
  return std::abs(after - 2 * here + before);
}

double flicker_of(const float_clip& clip) {
  const std::size_t frame = clip.pixels.size() / clip.frames;
  double sum = 0;
  for (std::size_t i = frame; i + frame < clip.pixels.size(); ++i)
    sum += second_difference(clip.pixels[i - frame], clip.pixels[i], clip.pixels[i + frame]);
  return clip.frames > 2 ? sum / double(clip.pixels.size() - 2 * frame) : 0;
}

class object_judge {
 public:
  object_judge(const float_clip& clip, const object_track& track, const shape_world& world)
      : track_(track), world_(world), side_(std::min(clip.width, clip.height)) {
    for (int f = 0; f < clip.frames; ++f)
      if (const sighting& seen = track.frames[f]; seen.is_seen) {
        path_.push_back({time_of(f, clip.frames), seen.x / side_, seen.y / side_, radius_of(seen)});
        seen_.push_back(&seen);
      }
  }

  judged_object run() {
    judged_object result;
    for (const sighting& seen : track_.frames) {
      result.is_seen.push_back(seen.is_seen);
      result.centres.push_back({seen.x, seen.y});
      result.areas.push_back(seen.area);
    }
    result.value = track_.colour;
    result.colour = colour_name(track_.colour, world_.colours);
    result.shape = matched_shape(track_, world_.shapes).shape;
    judge_motion(result);
    result.size = size(result.motion);
    return result;
  }

 private:
  double radius_of(const sighting& seen) const {
    return std::sqrt(std::max(0., seen.area) / std::numbers::pi) / side_;
  }

  // One frame may miss the object.
  void judge_motion(judged_object& result) const {
    if (path_.size() + 1 < track_.frames.size() || path_.size() < 3) return;
    const motion_fit fit = fitted_motion(path_);
    result.motion = fit.motion;
    result.residual = fit.residual * side_;
    if (fit.motion == "still" && (result.turn = turn(result.shape)) != 0) result.motion = "rotate";
    if (!contains(world_.motions, result.motion)) result.motion.clear();
  }

  double turn(const std::string& shape) const {
    if (shape.empty()) return 0;
    std::vector<double> times, angles;
    for (std::size_t i = 0; i < path_.size(); ++i) {
      times.push_back(path_[i].time);
      angles.push_back(matched_angle(*seen_[i], shape));
    }
    return steady_turn(times, angles, outline_named(shape).period);
  }

  // By the mean radius; growing ones pass the size's radius on their way.
  std::string size(const std::string& motion) const {
    double mean = 0;
    for (const observation& at : path_) mean += at.radius / double(path_.size());
    if (motion == "grow" || motion == "shrink") mean /= (least_scale + greatest_scale) / 2;
    std::string best;
    double least = INFINITY;
    for (const std::string& name : world_.sizes)
      if (const double off = std::abs(size_named(name).radius - mean); off < least) least = off, best = name;
    return best;
  }

  const object_track& track_;
  const shape_world& world_;
  const double side_;
  std::vector<observation> path_;
  std::vector<const sighting*> seen_;
};

}  // namespace

verdict judge(const float_clip& clip, const shape_world& world) {
  const segmentation found = segment(clip);
  verdict result;
  std::vector<std::string> backgrounds = world.backgrounds;
  if (!contains(backgrounds, unnamed_background)) backgrounds.push_back(unnamed_background);
  result.background = colour_name(found.background, backgrounds);
  result.flicker = flicker_of(clip);
  for (const object_track& track : found.objects)
    result.objects.push_back(object_judge(clip, track, world).run());
  return result;
}

}  // namespace zoetrope
