// What a training run tells while it goes on: every number, text and clip goes at once to a TensorBoard event
// file (event_file), and the numbers also to train.h5 (train_curves) at each save().
#pragma once

#include <optional>

#include "core/io/video.hpp"
#include "training/event_file.hpp"
#include "training/train_curves.hpp"

namespace zoetrope {

class train_log {
 public:
  /// Logs into `folder`, which is made. A run that goes on from the end of step `resumed_step` keeps the
  /// numbers that are there up to that step, and passes over the later ones again. error{bad_input} if the
  /// train.h5 that is there cannot be read.
  explicit train_log(std::filesystem::path folder, std::optional<int64_t> resumed_step = {});

  /// All of these throw error{usage} for a tag that cannot be one, error{runtime} if the log cannot be
  /// written.
  void scalar(const std::string& tag, int64_t step, double value);
  void text(const std::string& tag, int64_t step, const std::string& text);
  /// An animated GIF.
  void clip(const std::string& tag, int64_t step, const rgb_frames& clip, int64_t duration_ms);
  /// Writes train.h5 anew, whole or not at all. Before each checkpoint: then none is later than its numbers.
  void save() const;

  const train_curves& curves() const { return curves_; }
  std::filesystem::path curves_file() const { return folder_ / "train.h5"; }

 private:
  std::filesystem::path folder_;
  event_file events_;
  train_curves curves_;
};

}  // namespace zoetrope
