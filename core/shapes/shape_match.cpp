// See shape_match.hpp.
#include "core/shapes/shape_match.hpp"

#include <algorithm>
#include <cmath>
#include <numbers>

#include "core/shapes/outline.hpp"

namespace zoetrope {
namespace {

constexpr double largest_mismatch = 0.35, angle_step = 9;
constexpr int most_frames = 4;  // that are looked at, evenly spaced
constexpr int most_smoothings = 3;

struct fit {
  double mismatch = INFINITY, angle = 0;
  void keep_better(const fit& other) {
    if (other.mismatch < mismatch) *this = other;
  }
};

// The outline's coverage in the pixels of a box, with a margin of one pixel for the smoothing.
class drawn_outline {
 public:
  drawn_outline(const sighting& seen, const outline& shape, double degrees)
      : width_(seen.box.right - seen.box.left + 2), height_(seen.box.bottom - seen.box.top + 2) {
    const double radians = degrees * std::numbers::pi / 180;
    const auto radius = float(std::sqrt(seen.area / std::numbers::pi));
    const float cosine = float(std::cos(radians)) / radius, sine = float(std::sin(radians)) / radius;
    for (int y = seen.box.top - 1; y <= seen.box.bottom; ++y)
      for (int x = seen.box.left - 1; x <= seen.box.right; ++x) {
        const auto across = float(x + 0.5 - seen.x), down = float(y + 0.5 - seen.y);
        const float distance = shape.distance(cosine * across + sine * down, cosine * down - sine * across);
        covered_.push_back(coverage(distance * radius));
      }
  }

  // By (1 2 1) / 4 along rows and columns: what soft edges and small networks do to a shape.
  void smooth() {
    smooth_lines(width_, 1, height_);
    smooth_lines(height_, width_, width_);
  }

  double mismatch(const sighting& seen) const {
    const float* share = seen.share.data();
    double difference = 0, size = 0;
    for (int y = 1; y + 1 < height_; ++y)
      for (int x = 1; x + 1 < width_; ++x, ++share) {
        const float covered = covered_[std::size_t(y) * width_ + x];
        difference += (*share - covered) * (*share - covered);
        size += covered * covered;
      }
    return size > 0 ? difference / size : INFINITY;
  }

 private:
  // Rows are `count` values 1 apart, columns are `width_` apart; the margin stays.
  void smooth_lines(int count, int stride, int lines) {
    for (int line = 0; line < lines; ++line) {
      float* at = &covered_[std::size_t(line) * (stride == 1 ? width_ : 1)];
      float before = at[0];
      for (int i = 1; i + 1 < count; ++i) {
        const float here = at[i * stride];
        at[i * stride] = (before + 2 * here + at[(i + 1) * stride]) / 4;
        before = here;
      }
    }
  }

  int width_, height_;
  std::vector<float> covered_;
};

fit mismatch_at(const sighting& seen, const outline& shape, double degrees) {
  drawn_outline drawn(seen, shape, degrees);
  fit best{drawn.mismatch(seen), degrees};
  for (int times = 0; times < most_smoothings; ++times) {
    drawn.smooth();
    best.keep_better({drawn.mismatch(seen), degrees});
  }
  return best;
}

// A grid of angles, then ever smaller steps about the best.
fit best_fit(const sighting& seen, const outline& shape) {
  fit best = mismatch_at(seen, shape, 0);
  for (double angle = angle_step; angle < shape.period; angle += angle_step)
    best.keep_better(mismatch_at(seen, shape, angle));
  for (double step = angle_step / 2; shape.period > 0 && step > 1; step /= 2) {
    const double middle = best.angle;
    best.keep_better(mismatch_at(seen, shape, middle - step));
    best.keep_better(mismatch_at(seen, shape, middle + step));
  }
  return best;
}

bool is_measurable(const sighting& seen) { return seen.is_seen && seen.area > 1; }

}  // namespace

shape_match matched_shape(const object_track& object, const std::vector<std::string>& shapes) {
  std::vector<const sighting*> frames;
  for (const sighting& seen : object.frames)
    if (is_measurable(seen)) frames.push_back(&seen);
  shape_match best{"", INFINITY};
  const std::size_t step = std::max<std::size_t>(1, frames.size() / most_frames);
  for (const std::string& name : shapes) {
    double sum = 0;
    int count = 0;
    for (std::size_t i = 0; i < frames.size(); i += step, ++count)
      sum += best_fit(*frames[i], outline_named(name)).mismatch;
    if (count > 0 && sum / count < best.mismatch) best = {name, sum / count};
  }
  if (best.mismatch > largest_mismatch) best.shape.clear();
  return best;
}

double matched_angle(const sighting& seen, const std::string& shape) {
  return is_measurable(seen) ? best_fit(seen, outline_named(shape)).angle : 0;
}

}  // namespace zoetrope
