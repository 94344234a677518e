// What all reference cases share that run a whole pipeline: the model of `model_dir`, and the arguments of
// `call`.
#pragma once

#include "eval/reference_case.hpp"
#include "pipelines/text_to_video.hpp"

namespace zoetrope {

text_to_video_model load_pipeline_model(const reference_case& reference);

/// As Hotshot-XL's pipeline understands it (compat_hotshot); error{bad_input} for an argument that is not
/// known.
text_to_video_call pipeline_call(const reference_case& reference);

}  // namespace zoetrope
