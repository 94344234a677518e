// Another UNet out of a model's own: parts of its config swapped, its weights kept wherever they still fit.
#pragma once

#include "core/config.hpp"
#include "core/tensor/weight_source.hpp"
#include "models/unet3d.hpp"
#include "pipelines/part_origin.hpp"

namespace zoetrope {

/// `unet` with `changes` laid over its config, key by key. error{bad_input} for a config of the model's own
/// that names a TorchScript file: programs are run only where the user names them.
part_origin<unet3d> changed(const part_origin<unet3d>& unet, const json& changes);
/// Once it is built: error{bad_input} for keys of `changes` that nothing read.
void expect_changes_read(const config& changed, const json& changes);
/// Lets a UNet that was changed be filled from the files of the one that it was made from: slots that only it
/// has are drawn fresh, tensors that only the other had are not used.
void allow_changes(load_options& options, const unet3d& changed, const part_origin<unet3d>& original);

}  // namespace zoetrope
