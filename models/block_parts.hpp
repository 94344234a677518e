// The swappable parts of a UNet, place by place. The whole net's stand at the top of its config,
//   spatial, cross, temporal: {"type", "layout", "pattern", "position", "backend", …}
//   resnet: {…}, norm_scope
// with {"temporal": {"placement": ["down", "up"]}} for where temporal modules are inserted, and may differ at
// a level ("levels": {"1": {"temporal": …}}, 0 is the finest) and in a block ("mid_block": {…},
// "down_blocks": {"0": {…}}): what stands there is laid over what stands above, key by key.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "core/config.hpp"

namespace zoetrope {

/// Lays `above` over `below`, key by key. A part of another type starts from that type's own defaults:
/// nothing of `below` stays.
void lay_over(json& below, const json& above);

/// One place's configs, each an object.
struct block_parts {
  config spatial, cross, temporal, resnet;
  /// Holds the key norm_scope.
  config norms;
};

class block_parts_reader {
 public:
  explicit block_parts_reader(const config& unet) : unet_(unet) {}
  /// `block` is dotted: "down_blocks.1", "mid_block", "conv_in".
  block_parts at(std::size_t level, const std::string& block);
  /// Once the net is built: error{bad_input} for keys that no part reads.
  void expect_all_read() const;

 private:
  config merged(const std::string& key, const std::vector<config>& overlays);

  config unet_;
  std::map<std::string, std::vector<config>> merged_;  ///< of places with overlays, by where those stand
};

}  // namespace zoetrope
