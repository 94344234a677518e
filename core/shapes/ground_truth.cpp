// See ground_truth.hpp.
#include "core/shapes/ground_truth.hpp"

#include <algorithm>
#include <numbers>

#include "core/error.hpp"
#include "core/shapes/outline.hpp"

namespace zoetrope {
namespace {

// The share of each pixel that the outline covers, whatever lies in front of it.
void draw_mask(const object_placement& at, const outline& shape, int width, int height, float* mask) {
  const pixel_box box = pixels_within(at.x, at.y, at.radius * shape.reach, width, height);
  for (int y = box.top; y < box.bottom; ++y)
    for (int x = box.left; x < box.right; ++x) {
      double own_x, own_y;
      at.to_object(x + 0.5, y + 0.5, own_x, own_y);
      mask[y * width + x] = coverage(shape.distance(float(own_x), float(own_y)) * float(at.radius));
    }
}

pixel_box box_of(const float* mask, int width, int height) {
  pixel_box box{width, height, 0, 0};
  for (int y = 0; y < height; ++y)
    for (int x = 0; x < width; ++x)
      if (mask[y * width + x] > 0.5f) {
        box.left = std::min(box.left, x), box.right = std::max(box.right, x + 1);
        box.top = std::min(box.top, y), box.bottom = std::max(box.bottom, y + 1);
      }
  return box.right > 0 ? box : pixel_box{};
}

// Each later object hides what lies behind it.
void hide(std::vector<object_truth>& objects) {
  for (std::size_t behind = 0; behind < objects.size(); ++behind)
    for (std::size_t front = behind + 1; front < objects.size(); ++front)
      for (std::size_t i = 0; i < objects[behind].mask.size(); ++i)
        objects[behind].mask[i] *= 1 - objects[front].mask[i];
}

void draw_flow(const float* mask, const object_placement& now, const object_placement& next, int width,
               int height, float* flow) {
  for (int y = 0; y < height; ++y)
    for (int x = 0; x < width; ++x) {
      if (mask[y * width + x] <= 0.5f) continue;
      double own_x, own_y, next_x, next_y;
      now.to_object(x + 0.5, y + 0.5, own_x, own_y);
      next.to_pixels(own_x, own_y, next_x, next_y);
      flow[(y * width + x) * 2] = float(next_x - (x + 0.5));
      flow[(y * width + x) * 2 + 1] = float(next_y - (y + 0.5));
    }
}

}  // namespace

ground_truth truth_of(const scene& drawn, int width, int height, int frames) {
  ZT_CHECK(width > 0 && height > 0 && frames > 0, usage, "the truth of ", frames, " frames of ", width, " x ",
           height, ": wanted at least 1 of each");
  const std::size_t size = std::size_t(height) * width;
  ground_truth truth;
  truth.flow.resize((frames - 1) * size * 2);
  const auto place = [&](const scene_object& object, int frame) {
    return object_placement(object, time_of(frame, frames, drawn.begins), width, height);
  };
  for (const scene_object& object : drawn.objects) {
    object_truth& told = truth.objects.emplace_back();
    told.mask.resize(frames * size);
    for (int frame = 0; frame < frames; ++frame) {
      const object_placement at = place(object, frame);
      draw_mask(at, outline_named(object.shape), width, height, &told.mask[frame * size]);
      told.centres.push_back({at.x, at.y});
      told.areas.push_back(std::numbers::pi * at.radius * at.radius);
    }
  }
  hide(truth.objects);
  for (std::size_t i = 0; i < truth.objects.size(); ++i)
    for (int frame = 0; frame < frames; ++frame) {
      object_truth& told = truth.objects[i];
      const float* mask = &told.mask[frame * size];
      told.boxes.push_back(box_of(mask, width, height));
      if (frame + 1 < frames)
        draw_flow(mask, place(drawn.objects[i], frame), place(drawn.objects[i], frame + 1), width, height,
                  &truth.flow[frame * size * 2]);
    }
  return truth;
}

}  // namespace zoetrope
