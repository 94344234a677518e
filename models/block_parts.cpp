// See block_parts.hpp.
#include "models/block_parts.hpp"

#include <algorithm>

namespace zoetrope {

namespace {

constexpr const char* kinds[] = {"spatial", "cross", "temporal", "resnet"};

// The object at a dotted path, if it is there. Does not count as a read.
std::optional<config> found(config node, std::string path) {
  while (true) {
    const std::size_t dot = std::min(path.find('.'), path.size());
    const std::string key = path.substr(0, dot);
    if (!node.is_object() || !node.has(key)) return std::nullopt;
    node = node.at(key);
    if (dot == path.size()) return node;
    path.erase(0, dot + 1);
  }
}

}  // namespace

void lay_over(json& below, const json& above) {
  if (!below.is_object() || !above.is_object()) {
    below = above;
    return;
  }
  const bool other_type = above.contains("type") && below.contains("type") && above["type"] != below["type"];
  if (other_type) below = json::object();
  for (const auto& [key, value] : above.items()) lay_over(below[key], value);
}

config block_parts_reader::merged(const std::string& key, const std::vector<config>& overlays) {
  std::vector<config> there;
  for (const config& overlay : overlays)
    if (overlay.has(key)) there.push_back(overlay.at(key));
  if (there.empty()) return unet_.child(key);
  json tree = unet_.has(key) ? unet_.at(key).value() : json::object();
  tree.erase("placement");  // of the whole net alone
  std::string where = unet_.source();
  for (const config& overlay : there) {
    lay_over(tree, overlay.value());
    where += concat(": ", overlay.path());
  }
  merged_.emplace_back(std::move(tree), where);
  if (!merged_.back().is_object()) throw merged_.back().fail("wanted an object");
  return merged_.back();
}

block_parts block_parts_reader::at(std::size_t level, const std::string& block) {
  std::vector<config> overlays;
  for (const std::string& place : {concat("levels.", level), block})
    if (const std::optional<config> node = found(unet_, place)) overlays.push_back(*node);
  const auto scoped = std::find_if(overlays.rbegin(), overlays.rend(),
                                   [](const config& overlay) { return overlay.has("norm_scope"); });
  return {merged("spatial", overlays), merged("cross", overlays), merged("temporal", overlays),
          merged("resnet", overlays), scoped == overlays.rend() ? unet_ : *scoped};
}

void block_parts_reader::expect_all_read() const {
  for (const config& part : merged_) part.expect_all_read();
  for (const char* kind : kinds)
    if (unet_.has(kind)) unet_.at(kind).expect_all_read();
  for (const char* places : {"levels", "down_blocks", "up_blocks", "mid_block", "conv_in"})
    if (unet_.has(places)) unet_.at(places).expect_all_read();
}

}  // namespace zoetrope
