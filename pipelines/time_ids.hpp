// SDXL's size conditioning (Podell et al. 2023, section 2.2): six numbers for each row of the UNet's batch.
#pragma once

#include <ATen/core/Tensor.h>

#include "pipelines/text_to_video.hpp"

namespace zoetrope {

/// [B, 6] f32: original size, crop, target size in the order given; `clips` rows for the negatives (with
/// sizes of their own if the call has both) where `guided`, then `clips` for the positives. The call is a
/// checked one.
at::Tensor make_time_ids(const text_to_video_call& call, int64_t clips, bool guided);

}  // namespace zoetrope
