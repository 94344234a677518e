// Where a ControlNet comes from, and whether it fits the UNet that it is to control; answered from configs
// alone.
#pragma once

#include <filesystem>
#include <string>

#include "models/controlnet.hpp"
#include "pipelines/model_origin.hpp"

namespace zoetrope {

/// `path`: a ControlNetModel's folder, a pipeline's folder with a controlnet/, or org/name in the local
/// cache. error{bad_input} if there is none or it is of another class.
part_origin<controlnet> origin_of_controlnet(const std::filesystem::path& path,
                                             const std::string& variant = "");

/// error{bad_input} for the first thing that does not fit, the config key, got, wanted, and both files: the
/// widths, counts and text of the UNet, the pooled text of the second encoder, the VAE's factor between
/// pixels and latents.
void check_controlnet_fits(const config& net, const model_origin& model);

}  // namespace zoetrope
