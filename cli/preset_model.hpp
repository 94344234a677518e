// A preset by its flag, and as a model without weights: what `zoetrope plan --preset` looks at.
#pragma once

#include "models/presets.hpp"
#include "pipelines/pipeline_model.hpp"

namespace zoetrope {

/// That `--preset` names; error{usage} for one that is not known.
model_preset preset_named(const std::string& name);

/// `unet_changes` are laid over the UNet's config (pipelines/unet_changes.hpp). `nets`: presets of ControlNets
/// that go with it; error{bad_input} for one of another width. Parts are
/// built, their tensors stay undefined, and no file stands behind them. The tokenizers are the demo model's,
/// at the length of the preset's text encoders; error{usage} without a demo model.
text_to_video_model preset_model(const model_preset& preset, const json& unet_changes,
                                 const std::vector<model_preset>& nets, at::ScalarType dtype,
                                 at::Device device);

}  // namespace zoetrope
