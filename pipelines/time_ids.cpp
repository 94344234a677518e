// SDXL's size conditioning.
#include "pipelines/time_ids.hpp"

#include <ATen/ATen.h>

namespace zoetrope {

namespace {

at::Tensor six_numbers(const size_pair& original, const size_pair& crop, const size_pair& target) {
  const std::vector<double> ids({double(original[0]), double(original[1]), double(crop[0]), double(crop[1]),
                                 double(target[0]), double(target[1])});
  return at::tensor(ids, at::kFloat).unsqueeze(0);
}

}  // namespace

at::Tensor make_time_ids(const text_to_video_call& call, int64_t clips, bool guided) {
  const at::Tensor positive =
      six_numbers(*call.original_size, call.crops_coords_top_left, *call.target_size).repeat({clips, 1});
  if (!guided) return positive;
  if (!call.negative_original_size || !call.negative_target_size) return at::cat({positive, positive});
  const at::Tensor negative = six_numbers(*call.negative_original_size, call.negative_crops_coords_top_left,
                                          *call.negative_target_size);
  return at::cat({negative.repeat({clips, 1}), positive});
}

}  // namespace zoetrope
