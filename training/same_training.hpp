// What must be the same in a run that goes on from what another one left: all of its config that decides a
// bit of the trained weights. Free of torch.
#pragma once

#include <string>

#include "core/config.hpp"

namespace zoetrope {

/// error{usage} that starts with `where` and names the first key that differs and may not, with both values.
/// Both have their defaults filled in, so that one that is spelt out is not another; what is null, empty or
/// absent is the same. Free are: name, output, device, steps, until, require, what is logged, evaluated,
/// validated, checkpointed or cached, how much is done at once (workers, bucket_megabytes), in which type the
/// result is saved (saved_precision), of `data` skip_bad and check_threads, and the paths plugin,
/// model.pretrained, model.unet_weights, data.folder and data.file: what lies there must be the same
/// (training_origin.hpp).
void expect_same_training(const json& before, const json& now, const std::string& where);

}  // namespace zoetrope
