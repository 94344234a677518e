// See block_parts.hpp.
#include "models/block_parts.hpp"

#include <algorithm>
#include <map>

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

namespace {

// What a place takes where its config names no type; "" where that depends on the place.
std::string usual_type(const std::string& key) {
  static const std::map<std::string, std::string> types{{"temporal", "transformer"},
                                                        {"inner", "transformer"},
                                                        {"resnet", "hotshot"},
                                                        {"pattern", "full"},
                                                        {"backend", "automatic"}};
  const auto found = types.find(key);
  return found == types.end() ? "" : found->second;
}

void lay_over(json& below, const json& above, const std::string& key) {
  if (!below.is_object() || !above.is_object()) {
    below = above;
    return;
  }
  if (above.contains("type") && above["type"] != below.value("type", json(usual_type(key)))) {
    json kept = json::object();  // where temporal modules are is not a matter of their type
    if (below.contains("placement")) kept["placement"] = below["placement"];
    below = std::move(kept);
  }
  for (const auto& [name, value] : above.items()) lay_over(below[name], value, name);
}

}  // namespace

void lay_over(json& below, const json& above) { lay_over(below, above, ""); }

config block_parts_reader::merged(const std::string& key, const std::vector<config>& overlays) {
  std::vector<config> there;
  for (const config& overlay : overlays)
    if (overlay.has(key)) there.push_back(overlay.at(key));
  if (there.empty()) return unet_.child(key);
  json tree = unet_.has(key) ? unet_.at(key).value() : json::object();
  tree.erase("placement");  // of the whole net alone
  std::string where = unet_.source();
  for (const config& overlay : there) {
    lay_over(tree, overlay.value(), key);
    where += concat(": ", overlay.path());
  }
  const config part(std::move(tree), where);
  if (!part.is_object()) throw part.fail("wanted an object");
  merged_[where].push_back(part);
  return part;
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
  // A level's say is in several blocks, and not all of them have each part: one that reads it will do.
  for (const auto& [where, parts] : merged_)
    std::min_element(parts.begin(), parts.end(), [](const config& a, const config& b) {
      return a.unread().size() < b.unread().size();
    })->expect_all_read();
  for (const char* kind : kinds)
    if (unet_.has(kind)) unet_.at(kind).expect_all_read();
  for (const char* places : {"levels", "down_blocks", "up_blocks", "mid_block", "conv_in"})
    if (unet_.has(places)) unet_.at(places).expect_all_read();
}

}  // namespace zoetrope
