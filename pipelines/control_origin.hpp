// Where a ControlNet comes from, and whether it fits the model that it is to control; asked before any weights
// are read.
#pragma once

#include <filesystem>
#include <string>

#include "models/controlnet.hpp"
#include "pipelines/model_origin.hpp"
#include "pipelines/pipeline_model.hpp"

namespace zoetrope {

/// `path`: a ControlNetModel's folder, a pipeline's folder with a controlnet/, or org/name in the local
/// cache. error{bad_input} if there is none or it is of another class.
part_origin<controlnet> origin_of_controlnet(const std::filesystem::path& path,
                                             const std::string& variant = "");

/// `net` was read from `options`; `origin` has the model's files. error{bad_input} for the first thing that does not fit, the config key, got, wanted, and both files: the
/// widths, counts and text of the UNet, the pooled text of the second encoder, the VAE's factor between
/// pixels and latents.
void check_controlnet_fits(const controlnet& net, const config& options, const text_to_video_model& model,
                           const model_origin& origin);

}  // namespace zoetrope
