// See render.hpp.
#include "core/shapes/render.hpp"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "core/error.hpp"
#include "core/shapes/outline.hpp"

namespace zoetrope {
namespace {

// The share of `second` across one direction of stripes, antialiased: `pixels` is the radius.
float stripe(float along, float period, float pixels) {
  const float phase = along / period - std::floor(along / period);
  return coverage((0.5f - std::abs(2 * phase - 1)) * period / 2 * pixels);
}

rgb colour_at(const surface& look, float x, float y, float pixels) {
  if (look.texture == "plain") return look.value;
  const auto period = float(look.period);
  float share = stripe(look.texture == "stripes" ? x + y : x, period, pixels);
  if (look.texture == "checks") {
    const float down = stripe(y, period, pixels);
    share = share * (1 - down) + down * (1 - share);
  }
  rgb mixed;
  for (int c = 0; c < 3; ++c) mixed[c] = look.value[c] + share * (look.second[c] - look.value[c]);
  return mixed;
}

void draw_background(const surface& look, float_clip& clip) {
  const auto scale = float(std::min(clip.width, clip.height));
  float* pixel = clip.pixels.data();
  for (int y = 0; y < clip.height; ++y)
    for (int x = 0; x < clip.width; ++x, pixel += 3) {
      const rgb colour = colour_at(look, (x + 0.5f) / scale, (y + 0.5f) / scale, scale);
      std::copy(colour.begin(), colour.end(), pixel);
    }
  const auto frame = std::ptrdiff_t(clip.height) * clip.width * 3;
  for (int f = 1; f < clip.frames; ++f)
    std::copy_n(clip.pixels.begin(), frame, clip.pixels.begin() + f * frame);
}

void draw_object(const scene_object& object, int frame, double time, float_clip& clip) {
  const object_placement at(object, time, clip.width, clip.height);
  const outline& shape = outline_named(object.shape);
  const auto radius = float(at.radius), cosine = float(at.cosine / at.radius),
             sine = float(at.sine / at.radius);
  const pixel_box box = pixels_within(at.x, at.y, at.radius * shape.reach, clip.width, clip.height);
  for (int y = box.top; y < box.bottom; ++y) {
    float* pixel = clip.pixels.data() + ((std::size_t(frame) * clip.height + y) * clip.width + box.left) * 3;
    const auto down = float(y + 0.5 - at.y);
    for (int x = box.left; x < box.right; ++x, pixel += 3) {
      const auto across = float(x + 0.5 - at.x);
      const float own_x = cosine * across + sine * down, own_y = cosine * down - sine * across;
      const float share = coverage(shape.distance(own_x, own_y) * radius);
      if (share == 0) continue;
      const rgb colour = colour_at(object.look, own_x, own_y, radius);
      for (int c = 0; c < 3; ++c) pixel[c] = share * colour[c] + (1 - share) * pixel[c];
    }
  }
}

}  // namespace

object_placement::object_placement(const scene_object& object, double u, int width, int height) {
  const pose at = pose_at(object.path, u);
  x = at.x * width, y = at.y * height;
  radius = object.radius * at.scale * std::min(width, height);
  cosine = std::cos(at.angle), sine = std::sin(at.angle);
}

void object_placement::to_object(double pixel_x, double pixel_y, double& own_x, double& own_y) const {
  own_x = (cosine * (pixel_x - x) + sine * (pixel_y - y)) / radius;
  own_y = (cosine * (pixel_y - y) - sine * (pixel_x - x)) / radius;
}

void object_placement::to_pixels(double own_x, double own_y, double& pixel_x, double& pixel_y) const {
  pixel_x = x + radius * (cosine * own_x - sine * own_y);
  pixel_y = y + radius * (sine * own_x + cosine * own_y);
}

pixel_box pixels_within(double x, double y, double reach, int width, int height) {
  const auto inside = [](double place, int size) { return int(std::clamp(place, 0., double(size))); };
  return {inside(std::floor(x - reach - 1), width), inside(std::floor(y - reach - 1), height),
          inside(std::ceil(x + reach + 1), width), inside(std::ceil(y + reach + 1), height)};
}

float_clip render(const scene& drawn, int width, int height, int frames) {
  std::vector<int> all(static_cast<std::size_t>(std::max(frames, 0)));
  std::iota(all.begin(), all.end(), 0);
  return render(drawn, width, height, frames, all);
}

float_clip render(const scene& drawn, int width, int height, int frames, const std::vector<int>& picked) {
  ZT_CHECK(width > 0 && height > 0 && frames > 0, usage, "drawing ", frames, " frames of ", width, " x ",
           height, ": wanted at least 1 of each");
  for (const int frame : picked)
    ZT_CHECK(frame >= 0 && frame < frames, usage, "drawing frame ", frame, " of ", frames);
  float_clip clip{width, height, static_cast<int>(picked.size()),
                  std::vector<float>(picked.size() * height * width * 3)};
  if (picked.empty()) return clip;
  draw_background(drawn.background, clip);
  for (const scene_object& object : drawn.objects)
    for (int i = 0; i < clip.frames; ++i)
      draw_object(object, i, time_of(picked[i], frames, drawn.begins), clip);
  return clip;
}

}  // namespace zoetrope
