// What a UNet's config.json gives level by level, top to bottom: one value for all, or a list with one for
// each.
#pragma once

#include <cstdint>
#include <vector>

#include "core/config.hpp"

namespace zoetrope {

constexpr int64_t most_channels = 65536, most_layers = 1000, most_levels = 16;

struct unet_block_type {
  bool cross_attention, video;
};

struct unet_levels {
  std::vector<unet_block_type> down_types, up_types;  ///< up_types: bottom to top, as in the files
  std::vector<int64_t> channels, layers, heads, text_channels;
  std::vector<std::vector<int64_t>> depths, up_depths;  ///< up_depths: bottom to top
  std::vector<bool> only_cross_attention;
  std::size_t levels() const { return down_types.size(); }
};

/// All but the way up. error{bad_input} names the key for a value that is wrong.
unet_levels read_levels_down(const config& source);
void read_levels_up(const config& source, unet_levels& levels);
/// Whether `_class_name` says that blocks are for video where the config does not.
bool is_video_class(const config& source);

}  // namespace zoetrope
