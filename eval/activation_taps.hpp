// What the parts of a model return while a generation runs, seen through their taps (core/tensor/module.hpp).
// The layers of the UNet bear the checkpoint's names; those of other parts have the part in front
// ("text_encoder.…", "controlnet 0.…", "vae.…"). Beside layers there are "unet" (the prediction of a step
// before guidance), "latents" (after the step) and "video" (the frames).
#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "pipelines/text_to_video.hpp"

namespace zoetrope {

/// What one layer returned in one step.
struct activation {
  int64_t step;  ///< 0: before the first step (text, a source's encoding); 1 … n: steps; n + 1: decoding
  std::string layer;
  at::Tensor output;
};
/// In the order in which the layers returned for the first time.
using activations = std::vector<activation>;

/// Whether a layer of the model has `text` in its name; "unet", "latents" and "video" count as layers.
bool has_layer(const text_to_video_model& model, const std::string& text);

/// Sets the taps of all parts of a model, and clears them in the end.
class activation_taps {
 public:
  /// `wanted`: layers whose names contain one of these; empty: all. The model outlives this.
  activation_taps(const text_to_video_model& model, std::vector<std::string> wanted);
  ~activation_taps();
  activation_taps(const activation_taps&) = delete;
  activation_taps& operator=(const activation_taps&) = delete;

  void add(const std::string& layer, const at::Tensor& output);
  /// All since the last call. A layer that ran several times in a step (halves of guidance, frames of the
  /// VAE, pieces) has its outputs joined along the first dimension. `next` is the step that begins.
  activations take(int64_t next);

 private:
  const text_to_video_model& model_;
  const std::vector<std::string> wanted_;
  int64_t step_ = 0;
  std::vector<std::pair<int64_t, std::string>> order_;
  std::map<std::pair<int64_t, std::string>, std::vector<at::Tensor>> outputs_;
};

/// Runs the call. `see` is told what the layers returned at the end of each step and of the decoding; false
/// cancels: error{interrupted}.
text_to_video_result run_tapped(const text_to_video_model& model, text_to_video_call call,
                                const std::vector<std::string>& wanted,
                                const std::function<bool(const activations&)>& see);

}  // namespace zoetrope
