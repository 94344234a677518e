// The sizes in which two networks of the same UNet family must agree, in the words of their config.json.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "models/unet_options.hpp"

namespace zoetrope {

/// Config key -> value, as told in errors; lists go over the levels, top to bottom.
using unet_sizes = std::vector<std::pair<std::string, std::string>>;

/// What shapes the way down: in_channels, block_out_channels, layers_per_block.
unet_sizes way_down_sizes(const unet_options& options);
/// What shapes the whole UNet but its temporal layers.
unet_sizes spatial_sizes(const unet_options& options);

/// error{bad_input} for the first size that differs: "SOURCE has KEY got, wanted ... as in SOURCE". The same
/// keys in both.
void check_same_sizes(const unet_sizes& got, const config& got_source, const unet_sizes& wanted,
                      const config& wanted_source);

}  // namespace zoetrope
