// See block_parts.hpp.
#include "models/block_parts.hpp"

#include <algorithm>
#include <map>
#include <set>

namespace zoetrope {

namespace {

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

// JSON pointers to all plain values, and to what is empty.
std::vector<std::string> leaves_of(const json& tree) {
  const json flat = tree.flatten();
  std::vector<std::string> pointers;
  for (const auto& item : flat.items()) pointers.push_back(item.key());
  return pointers;
}

config below(const config& root, const json::json_pointer& where) {
  if (where.empty()) return root;
  const config above = below(root, where.parent_pointer());
  return above.is_array() ? above.at(std::stoul(where.back())) : above.at(where.back());
}

std::string dotted(std::string pointer) {
  std::replace(pointer.begin(), pointer.end(), '/', '.');
  return pointer;
}

// What is laid over a place that the net lacks; where it says nothing, there is nothing to read.
void expect_place(const config& overlay, bool there, const std::string& wanted) {
  if (!there) throw overlay.fail("this net has no such place; " + wanted);
  if (overlay.size() == 0) overlay.value();
  overlay.expect_all_read();
}

}  // namespace

void lay_over(json& below, const json& above) { lay_over(below, above, ""); }

config block_parts_reader::merged(const std::string& key, const std::vector<config>& overlays) {
  place there{unet_.child(key), json::object(), {concat("$.", key)}};
  if (unet_.has(key)) there.said = unet_.at(key).described();  // value() would be a reading
  there.said.erase("placement");                               // of the whole net alone
  sources_[there.sources[0]] = there.said;
  std::string where = unet_.source();
  for (const config& overlay : overlays) {
    if (!overlay.has(key)) continue;
    const config above = overlay.at(key);
    lay_over(there.said, above.value(), key);
    where += concat(": ", above.path());
    there.sources.push_back(above.path());
    sources_[above.path()] = above.value();
  }
  if (there.sources.size() > 1) there.part = config(there.said, where);
  if (!there.said.is_object()) throw there.part.fail("wanted an object");
  places_.push_back(there);
  return there.part;
}

block_parts block_parts_reader::at(std::size_t level, const std::string& block) {
  std::vector<config> overlays;
  for (const std::string& place : {concat("levels.", level), block}) {
    asked_.insert(place);
    if (const std::optional<config> node = found(unet_, place)) overlays.push_back(*node);
  }
  const auto scoped = std::find_if(overlays.rbegin(), overlays.rend(),
                                   [](const config& overlay) { return overlay.has("norm_scope"); });
  return {merged("spatial", overlays), merged("cross", overlays), merged("temporal", overlays),
          merged("resnet", overlays), scoped == overlays.rend() ? unet_ : *scoped};
}

const std::string& block_parts_reader::source_of(const place& there, const std::string& pointer) const {
  const auto says = [&](const std::string& source) {
    return sources_.at(source).contains(json::json_pointer(pointer));
  };
  const auto topmost = std::find_if(there.sources.rbegin(), there.sources.rend(), says);
  return topmost == there.sources.rend() ? there.sources.front() : *topmost;
}

// What is said for several places need not be read in each: not all of them have each part.
void block_parts_reader::expect_all_read() const {
  std::set<std::pair<std::string, std::string>> read;  // source and pointer
  std::vector<std::pair<const place*, std::string>> unread;
  for (const place& there : places_) {
    const std::vector<std::string> paths = there.part.unread();
    for (const std::string& leaf : leaves_of(there.said)) {
      const std::string path = there.part.path() + dotted(leaf) + ".";
      if (std::any_of(paths.begin(), paths.end(),
                      [&](const std::string& one) { return path.starts_with(one + "."); }))
        unread.emplace_back(&there, leaf);
      else
        read.emplace(source_of(there, leaf), leaf);
    }
  }
  for (const auto& [there, leaf] : unread)
    if (read.count({source_of(*there, leaf), leaf})) below(there->part, json::json_pointer(leaf)).value();
  for (const place& there : places_) there.part.expect_all_read();
  // The rest of what the whole net says was read in copies alone, where others are laid over it, or gave way
  // everywhere to parts of another type.
  for (const char* kind : {"spatial", "cross", "temporal", "resnet"})
    if (unet_.has(kind)) unet_.at(kind).value();
  expect_places_known();
}

void block_parts_reader::expect_places_known() const {
  for (const std::string group : {"levels", "down_blocks", "up_blocks"}) {
    std::vector<std::string> numbers;
    for (const std::string& place : asked_)
      if (place.starts_with(group + ".")) numbers.push_back(place.substr(group.size() + 1));
    const config all = unet_.child(group);
    for (const std::string& key : all.keys())
      expect_place(all.at(key), asked_.count(concat(group, ".", key)) > 0,
                   numbers.empty() ? "it has no " + group
                                   : concat("its ", group, " are ", joined(numbers),
                                            group == "levels" ? " (0 is the finest)" : ""));
  }
  if (unet_.has("mid_block"))
    expect_place(unet_.at("mid_block"), asked_.count("mid_block"), "its mid_block_type is null");
  if (unet_.has("conv_in"))
    expect_place(unet_.at("conv_in"), asked_.count("conv_in") || unet_.at("conv_in").size() == 0,
                 "a temporal module stands there where temporal.placement names it");
}

}  // namespace zoetrope
