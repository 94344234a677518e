// See layout.hpp.
#include "attention/layout.hpp"

#include <ATen/ATen.h>

#include "attention/layouts/makers.hpp"

namespace zoetrope {

registry<attention_layout_maker>& attention_layouts() {
  static registry<attention_layout_maker> table(
      "attention layout", {{"spatial", make_spatial_layout, "the pixels of a frame see each other"},
                           {"temporal", make_temporal_layout, "a pixel sees itself along the frames"},
                           {"space_time", make_space_time_layout, "all pixels of all frames see each other"},
                           {"cross", make_cross_layout, "all pixels see the text"},
                           {"cross_frame", make_cross_frame_layout,
                            "the pixels of a frame see those of the frames of its pattern"}});
  return table;
}

std::unique_ptr<attention_layout> make_attention_layout(const config& options, const config& pattern,
                                                        const std::string& fallback) {
  return attention_layouts().chosen(options, fallback)(options, pattern);
}

at::Tensor frame_places(const clip_size& size, const at::TensorOptions& like) {
  return at::arange(size.frames, like.dtype(at::kLong)).unsqueeze(1);
}

at::Tensor pixel_places(const clip_size& size, const at::TensorOptions& like) {
  const at::Tensor index = at::arange(size.pixels(), like.dtype(at::kLong));
  return at::stack({index.div(size.width, "floor"), index.remainder(size.width)}, 1);
}

at::Tensor clip_places(const clip_size& size, const at::TensorOptions& like) {
  const at::Tensor frames = frame_places(size, like).unsqueeze(1).expand({-1, size.pixels(), -1});
  const at::Tensor pixels = pixel_places(size, like).unsqueeze(0).expand({size.frames, -1, -1});
  return at::cat({frames, pixels}, 2);
}

}  // namespace zoetrope
