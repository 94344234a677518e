// Do the parts of a model fit each other? Asked once they are built, before any weights are read.
#pragma once

#include "pipelines/model_origin.hpp"
#include "pipelines/pipeline_model.hpp"

namespace zoetrope {

/// `origin` has the files to be named. error{bad_input} for the first pair that does not fit: both files, got
/// and wanted.
void check_parts_fit(const text_to_video_model& model, const model_origin& origin);

/// That the added embedding of a UNet or ControlNet, read from `options`, takes the model's pooled text and
/// six sinusoids of the size conditioning; error{bad_input}.
void check_added_condition(const unet_encoder& net, const config& options, const text_to_video_model& model,
                           const model_origin& origin);

}  // namespace zoetrope
