// The swappable parts of a UNet, place by place. The whole net's stand at the top of its config,
//   spatial, cross, temporal: {"type", "layout", "pattern", "position", "backend", …}
//   resnet: {…}, norm_scope
// with {"temporal": {"placement": ["down", "up"]}} for where temporal modules are inserted, and may differ at
// a level ("levels": {"1": {"temporal": …}}, 0 is the finest) and in a block ("mid_block": {…},
// "down_blocks": {"0": {…}}): what stands there is laid over what stands above, key by key.
#pragma once

#include <map>
#include <optional>
#include <set>
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
  /// A part in one place.
  struct place {
    config part;
    json said;                         ///< the same before defaults were read
    std::vector<std::string> sources;  ///< whose keys these are: "$.temporal", then what is laid over it
  };
  config merged(const std::string& key, const std::vector<config>& overlays);
  /// error{bad_input} for what is said of a place that nobody asked for, or that nobody read there.
  void expect_places_known() const;
  /// The topmost source of what stands at a JSON pointer.
  const std::string& source_of(const place& there, const std::string& pointer) const;

  config unet_;
  std::set<std::string> asked_;          ///< places, dotted: "levels.0", "mid_block"
  std::map<std::string, json> sources_;  ///< what each says
  std::vector<place> places_;
};

}  // namespace zoetrope
