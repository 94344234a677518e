// See train_log.hpp.
#include "training/train_log.hpp"

#include <chrono>

#include "core/io/frame_writers.hpp"

namespace zoetrope {
namespace {

double now() {
  return std::chrono::duration<double>(std::chrono::system_clock::now().time_since_epoch()).count();
}

train_curve up_to(int64_t last, const train_curve& curve) {
  train_curve kept;
  for (std::size_t i = 0; i < curve.step.size(); ++i)
    if (curve.step[i] <= last) {
      kept.step.push_back(curve.step[i]);
      kept.value.push_back(curve.value[i]);
      kept.wall_time.push_back(curve.wall_time[i]);
    }
  return kept;
}

}  // namespace

train_log::train_log(std::filesystem::path folder, std::optional<int64_t> resumed_step)
    : folder_(std::move(folder)),
      events_(folder_, resumed_step ? std::optional(*resumed_step + 1) : std::nullopt) {
  if (!resumed_step || !std::filesystem::exists(curves_file())) return;
  for (const auto& [tag, curve] : read_train_curves(curves_file()))
    if (train_curve kept = up_to(*resumed_step, curve); !kept.step.empty()) curves_[tag] = std::move(kept);
}

void train_log::scalar(const std::string& tag, int64_t step, double value) {
  check_tag(tag);
  const double time = now();
  events_.scalar(tag, step, time, value);
  train_curve& curve = curves_[tag];
  curve.step.push_back(step);
  curve.value.push_back(value);
  curve.wall_time.push_back(time);
}

void train_log::text(const std::string& tag, int64_t step, const std::string& text) {
  check_tag(tag);
  events_.text(tag, step, now(), text);
}

void train_log::clip(const std::string& tag, int64_t step, const rgb_frames& clip, int64_t duration_ms) {
  check_tag(tag);
  check_frames(clip);
  const auto gif =
      gif_bytes(clip, gif_delays(clip.frames.size(), duration_ms, /*equal=*/false), gif_dither::bayer);
  events_.image(tag, step, now(), clip.width, clip.height,
                {reinterpret_cast<const char*>(gif.data()), gif.size()});
}

void train_log::save() const { write_train_curves(curves_file(), curves_); }

}  // namespace zoetrope
