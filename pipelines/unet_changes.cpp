// See unet_changes.hpp.
#include "pipelines/unet_changes.hpp"

#include <map>

namespace zoetrope {

namespace {

void refuse_programs(const config& node) {
  if (node.is_array())
    for (std::size_t i = 0; i < node.size(); ++i) refuse_programs(node.at(i));
  if (!node.is_object()) return;
  for (const std::string& key : node.keys()) {
    const config below = node.at(key);
    if (key == "type" && node.has(key) && below.value() == "torchscript")
      throw below.fail("a model's own config may not name a program; name it yourself, as with --set unet.…");
    refuse_programs(below);
  }
}

using shapes = std::map<std::string, std::vector<int64_t>>;

shapes shapes_of(const unet3d& unet) {
  shapes all;
  for (parameter_slot& slot : unet.slots()) all.emplace(std::move(slot.name), std::move(slot.shape));
  return all;
}

// Slots of one UNet that the other does not have, or has in another shape.
std::function<bool(const std::string&)> only_in(const shapes& one, const shapes& other) {
  return [one, other](const std::string& slot) {
    const auto here = one.find(slot), there = other.find(slot);
    return here != one.end() && (there == other.end() || there->second != here->second);
  };
}

}  // namespace

part_origin<unet3d> changed(const part_origin<unet3d>& unet, const json& changes) {
  refuse_programs(config(unet.options.value(), unet.where));
  if (changes.empty()) return unet;
  json tree = unet.options.value();
  lay_over(tree, changes);
  return {unet.where, config(std::move(tree), unet.options.source() + " with `unet` laid over it"),
          unet.files};
}

void expect_changes_read(const config& changed, const json& changes) {
  for (const std::string& path : changed.unread())
    for (const auto& [key, value] : changes.items())
      if (path == "$." + key || path.starts_with(concat("$.", key, ".")))
        throw changed.fail(concat("nothing reads ", path));
}

void allow_changes(load_options& options, const unet3d& changed, const part_origin<unet3d>& original) {
  const auto before = original.built();
  const shapes now = shapes_of(changed), then = shapes_of(*before);
  options.may_be_fresh = only_in(now, then);
  options.may_be_unused = only_in(then, now);
}

}  // namespace zoetrope
