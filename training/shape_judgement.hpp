// How well clips of moving shapes obey their captions, by the analytic judge (core/shapes): the training's
// measure of success, which needs no network.
#pragma once

#include <ATen/core/Tensor.h>

#include <vector>

#include "core/io/float_clip.hpp"
#include "core/shapes/shape_world.hpp"
#include "training/dataset.hpp"
#include "training/task.hpp"

namespace zoetrope {

struct judged_clip {
  at::Tensor pixels;  ///< c f h w in [-1, 1]
  std::string caption;
};

/// c f h w in [-1, 1] -> f h w c in [0, 1], clamped.
float_clip clip_of(const at::Tensor& pixels);

/// "obeys/colour", "obeys/shape", "obeys/motion", "obeys/size", "obeys/background": 0 to 1, of the clips
/// whose caption asks for it; and "residual", the mean distance from the motion's law in pixels.
named_scalars obey_rates(const std::vector<judged_clip>& clips, const shape_world& world);
/// The same for clips of a dataset; empty where they are not shapes.
named_scalars obey_rates(const std::vector<judged_clip>& clips, const dataset& data);
/// Of clips of these captions: the names of what it finds where all objects are there.
std::vector<std::string> obey_names(const std::vector<std::string>& captions, const dataset& data);

}  // namespace zoetrope
