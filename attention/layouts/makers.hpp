// One maker a layout; the table in layout.cpp names them.
#pragma once

#include "attention/layout.hpp"

namespace zoetrope {

std::unique_ptr<attention_layout> make_spatial_layout(const config& options, const config& pattern);
std::unique_ptr<attention_layout> make_temporal_layout(const config& options, const config& pattern);
std::unique_ptr<attention_layout> make_space_time_layout(const config& options, const config& pattern);
std::unique_ptr<attention_layout> make_cross_layout(const config& options, const config& pattern);
std::unique_ptr<attention_layout> make_cross_frame_layout(const config& options, const config& pattern);

/// [frames, 1]: 0, 1, …
at::Tensor frame_places(const clip_size& size, const at::TensorOptions& like);
/// [height width, 2]: row and column.
at::Tensor pixel_places(const clip_size& size, const at::TensorOptions& like);
/// [frames, height width, 3]: frame, row, column.
at::Tensor clip_places(const clip_size& size, const at::TensorOptions& like);

}  // namespace zoetrope
