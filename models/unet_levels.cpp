// See unet_levels.hpp. Defaults are those of the Python classes.
#include "models/unet_levels.hpp"

#include <algorithm>

namespace zoetrope {

bool is_video_class(const config& source) {
  return source.get("_class_name", "UNet3DConditionModel") == "UNet3DConditionModel";
}

namespace {

// One value for all levels, or a list with one for each.
template <class Read>
auto for_each_level(const config& source, const std::string& key, std::size_t levels, Read read) {
  std::vector<decltype(read(source))> values;
  const config value = source.at(key);
  if (!value.is_array()) {  // read anew for each: what it means may depend on the level
    for (std::size_t i = 0; i < levels; ++i) values.push_back(read(value));
    return values;
  }
  if (value.size() != levels)
    throw value.fail(
        concat("got ", value.size(), " values, wanted ", levels, ", one for each of block_out_channels"));
  for (std::size_t i = 0; i < levels; ++i) values.push_back(read(value.at(i)));
  return values;
}

std::vector<int64_t> integers(const config& source, const std::string& key, std::size_t levels,
                              int64_t fallback, int64_t greatest) {
  if (!source.has(key)) return std::vector<int64_t>(levels, source.get(key, fallback));
  return for_each_level(source, key, levels, [&](const config& value) { return value.bounded(1, greatest); });
}

// Transformer blocks behind each resnet of each level: an integer a level, or a list with one for each
// resnet.
std::vector<std::vector<int64_t>> depths(const config& source, const std::string& key,
                                         const std::vector<int64_t>& layers) {
  std::vector<std::vector<int64_t>> all;
  if (!source.has(key)) {
    for (int64_t count : layers) all.emplace_back(count, source.get(key, int64_t{1}));
    return all;
  }
  std::size_t level = 0;
  return for_each_level(source, key, layers.size(), [&](const config& value) {
    const auto count = static_cast<std::size_t>(layers[level++]);
    if (!value.is_array()) return std::vector<int64_t>(count, value.bounded(0, most_layers));
    if (value.size() < count)
      throw value.fail(concat("got ", value.size(), " values, wanted ", count, ", one for each resnet"));
    std::vector<int64_t> each;
    for (std::size_t i = 0; i < count; ++i) each.push_back(value.at(i).bounded(0, most_layers));
    return each;
  });
}

// "CrossAttnDownBlock3D" and the like; `way` is "Down" or "Up".
unet_block_type parse_block_type(const config& value, const std::string& way) {
  std::string name = value.as<std::string>();
  if (name.starts_with("UNetRes")) name = name.substr(7);
  for (const bool cross : {false, true})
    for (const bool video : {false, true})
      if (name == concat(cross ? "CrossAttn" : "", way, "Block", video ? "3D" : "2D")) return {cross, video};
  throw value.fail(concat("got '", printable(name), "', wanted ", way, "Block2D, ", way, "Block3D, CrossAttn",
                          way, "Block2D or CrossAttn", way, "Block3D"));
}

std::vector<unet_block_type> read_block_types(const config& source, const std::string& key,
                                              const std::string& way, std::vector<std::string> names) {
  for (std::string& name : names) name += is_video_class(source) ? "3D" : "2D";
  const std::vector<std::string> chosen = source.get(key, names);
  if (chosen.empty() || chosen.size() > most_levels)
    throw source.fail(concat(key, ": wanted a list of 1 to ", most_levels, " block types"));
  std::vector<unet_block_type> parsed;
  for (std::size_t i = 0; i < chosen.size(); ++i)
    parsed.push_back(parse_block_type(
        source.has(key) ? source.at(key).at(i) : config(json(chosen[i]), "default " + key), way));
  return parsed;
}

}  // namespace

// The 3-D class has one level less in its defaults (and there, by mistake, one width too many).
unet_levels read_levels_down(const config& source) {
  unet_levels lists;
  const bool video = is_video_class(source);
  const std::string cross = "CrossAttnDownBlock";
  const std::vector<std::string> types{cross, cross, cross, "DownBlock"};
  lists.down_types =
      read_block_types(source, "down_block_types", "Down", {types.begin() + video, types.end()});
  const std::size_t levels = lists.levels();

  const std::vector<int64_t> widths{320, 640, 1280, 1280};
  lists.channels =
      source.get("block_out_channels", std::vector<int64_t>(widths.begin(), widths.end() - video));
  if (lists.channels.size() != levels)
    throw source.fail(
        concat("block_out_channels has ", lists.channels.size(), " values, down_block_types ", levels));
  lists.layers = integers(source, "layers_per_block", levels, 2, most_layers);
  lists.text_channels = integers(source, "cross_attention_dim", levels, 1280, most_channels);
  // attention_head_dim is misnamed in these files: it is the number of heads.
  const bool named = source.has("num_attention_heads");
  lists.heads =
      integers(source, named ? "num_attention_heads" : "attention_head_dim", levels, 8, most_channels);
  lists.depths = depths(source, "transformer_layers_per_block", lists.layers);
  lists.only_cross_attention = source.has("only_cross_attention")
                                   ? for_each_level(source, "only_cross_attention", levels,
                                                    [](const config& v) { return v.as<bool>(); })
                                   : std::vector<bool>(levels, source.get("only_cross_attention", false));
  return lists;
}

void read_levels_up(const config& source, unet_levels& lists) {
  const std::string cross = "CrossAttnUpBlock";
  const std::vector<std::string> types{"UpBlock", cross, cross, cross};
  lists.up_types =
      read_block_types(source, "up_block_types", "Up", {types.begin(), types.end() - is_video_class(source)});
  const std::size_t levels = lists.levels();
  if (lists.up_types.size() != levels)
    throw source.fail(
        concat("up_block_types has ", lists.up_types.size(), " blocks, down_block_types ", levels));
  std::vector<int64_t> up_layers;
  for (auto count = lists.layers.rbegin(); count != lists.layers.rend(); ++count)
    up_layers.push_back(*count + 1);
  if (source.has("reverse_transformer_layers_per_block")) {
    lists.up_depths = depths(source, "reverse_transformer_layers_per_block", up_layers);
    return;
  }
  for (std::size_t i = 0; i < levels; ++i) {
    const std::vector<int64_t>& mirrored = lists.depths[levels - 1 - i];
    if (std::adjacent_find(mirrored.begin(), mirrored.end(), std::not_equal_to<>()) != mirrored.end())
      throw source.at("transformer_layers_per_block")
          .fail("a list for each resnet needs reverse_transformer_layers_per_block");
    lists.up_depths.emplace_back(up_layers[i], mirrored[0]);
  }
}

}  // namespace zoetrope
