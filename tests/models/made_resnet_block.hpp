// Small residual blocks.
#pragma once

#include "models/resnet_block.hpp"

namespace zoetrope {

inline constexpr int64_t in = 16, out = 32, time_channels = 12, groups = 4;

inline std::unique_ptr<resnet_block> made(const json& options, norm_scope scope = {}, int64_t from = in) {
  const config tree(options, "options");
  auto part = make_resnet_block(tree, {.in_channels = from,
                                       .out_channels = out,
                                       .time_channels = time_channels,
                                       .groups = groups,
                                       .scope = scope});
  tree.expect_all_read();
  return part;
}

}  // namespace zoetrope
