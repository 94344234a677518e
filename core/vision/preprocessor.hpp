// From a clip to what a ControlNet is shown: 8-bit RGB frames of the final size in, the same kind out. A
// preprocessor is a part, chosen by name:
//
//   rgb_frames edges = make_preprocessor(config(json{{"type", "canny"}, {"low_threshold", 50}}))(clip);
//
// `canny` computes its drawing from any clip. The others stand for clips that already hold the maps (made by
// a depth estimator, by OpenPose, by hand) and bring them to the form that the SDXL ControlNets of that name
// were trained on.
#pragma once

#include <functional>

#include "core/config.hpp"
#include "core/io/video.hpp"
#include "core/registry.hpp"

namespace zoetrope {

/// Keeps size and number of the frames.
using preprocessor = std::function<rgb_frames(const rgb_frames& clip)>;
using preprocessor_maker = preprocessor (*)(const config& options);

registry<preprocessor_maker>& preprocessors();

/// By `type` (default none) and that part's own keys. error{bad_input} for an unknown type, key or value.
preprocessor make_preprocessor(const config& options);

}  // namespace zoetrope
