// See unet_options.hpp. Defaults are those of the Python classes. Options that the originals accept and never
// use in these blocks are not read: mid_block_only_cross_attention, cross_attention_norm,
// resnet_skip_time_act, resnet_out_scale_factor, upcast_attention (their fused attention ignores it),
// addition_embed_type_num_heads, dropout (nothing is trained here).
#include "models/unet_options.hpp"

#include <algorithm>

namespace zoetrope {

namespace {

constexpr int64_t most_channels = 65536, most_layers = 1000, most_levels = 16;

int64_t bounded(const config& value, int64_t least, int64_t greatest) {
  const auto number = value.as<int64_t>();
  if (number < least || number > greatest)
    throw value.fail(concat("got ", number, ", wanted ", least, " to ", greatest));
  return number;
}

int64_t bounded(const config& source, const std::string& key, int64_t fallback, int64_t least,
                int64_t greatest) {
  if (source.has(key)) return bounded(source.at(key), least, greatest);
  // What could not be written down is none, and described as null.
  return fallback < least ? source.get_optional<int64_t>(key).value_or(fallback) : source.get(key, fallback);
}

// One value for all levels, or a list with one for each.
template <class Read>
auto for_each_level(const config& source, const std::string& key, std::size_t levels, Read read) {
  std::vector<decltype(read(source))> values;
  const config value = source.at(key);
  if (!value.is_array()) {
    values.assign(levels, read(value));
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
  return for_each_level(source, key, levels,
                        [&](const config& value) { return bounded(value, 1, greatest); });
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
    if (!value.is_array()) return std::vector<int64_t>(count, bounded(value, 0, most_layers));
    if (value.size() < count)
      throw value.fail(concat("got ", value.size(), " values, wanted ", count, ", one for each resnet"));
    std::vector<int64_t> each;
    for (std::size_t i = 0; i < count; ++i) each.push_back(bounded(value.at(i), 0, most_layers));
    return each;
  });
}

// There, and null: absent would mean the default.
bool is_null(const config& source, const std::string& key) {
  const std::vector<std::string> keys = source.keys();
  return !source.has(key) && std::find(keys.begin(), keys.end(), key) != keys.end();
}

std::string text_or_none(const config& source, const std::string& key) {
  return source.has(key) ? source.get<std::string>(key) : std::string();
}

void refuse_what_is_not_built(const config& source) {
  for (const char* key : {"class_embed_type", "num_class_embeds"})
    if (source.has(key)) throw source.at(key).fail("class embeddings are not supported");
  for (const char* key : {"dual_cross_attention", "class_embeddings_concat"})
    if (source.get(key, false)) throw source.at(key).fail("not supported");
  if (is_null(source, "norm_num_groups")) throw source.fail("norm_num_groups: null is not supported");
  const auto only = [&](const char* key, const char* known) {
    const std::string value = source.get(key, known);
    if (value != known)
      throw source.at(key).fail(concat("got '", printable(value), "', wanted '", known, "'"));
  };
  only("time_embedding_type", "positional");
  only("attention_type", "default");
  if (source.has("encoder_hid_dim_type")) only("encoder_hid_dim_type", "text_proj");
  if (source.has("addition_embed_type")) only("addition_embed_type", "text_time");
  const std::string act = source.get("act_fn", "silu");
  if (act != "silu" && act != "swish")
    throw source.at("act_fn").fail(concat("got '", printable(act), "', wanted 'silu' or 'swish'"));
}

struct block_type {
  bool cross_attention, video;
};

// "CrossAttnDownBlock3D" and the like; `way` is "Down" or "Up".
block_type parse_block_type(const config& value, const std::string& way) {
  std::string name = value.as<std::string>();
  if (name.starts_with("UNetRes")) name = name.substr(7);
  for (const bool cross : {false, true})
    for (const bool video : {false, true})
      if (name == concat(cross ? "CrossAttn" : "", way, "Block", video ? "3D" : "2D")) return {cross, video};
  throw value.fail(concat("got '", printable(name), "', wanted ", way, "Block2D, ", way, "Block3D, CrossAttn",
                          way, "Block2D or CrossAttn", way, "Block3D"));
}

// What is given for each level, top to bottom.
struct level_lists {
  std::vector<block_type> down_types, up_types;  // up_types: bottom to top, as in the files
  std::vector<int64_t> channels, layers, heads, text_channels;
  std::vector<std::vector<int64_t>> depths, up_depths;  // up_depths: bottom to top
  std::vector<bool> only_cross_attention;
  std::size_t levels() const { return down_types.size(); }
};

bool is_video_class(const config& source) {
  return source.get("_class_name", "UNet3DConditionModel") == "UNet3DConditionModel";
}

std::vector<block_type> read_block_types(const config& source, const std::string& key, const std::string& way,
                                         std::vector<std::string> names) {
  for (std::string& name : names) name += is_video_class(source) ? "3D" : "2D";
  const std::vector<std::string> chosen = source.get(key, names);
  if (chosen.empty() || chosen.size() > most_levels)
    throw source.fail(concat(key, ": wanted a list of 1 to ", most_levels, " block types"));
  std::vector<block_type> parsed;
  for (std::size_t i = 0; i < chosen.size(); ++i)
    parsed.push_back(parse_block_type(
        source.has(key) ? source.at(key).at(i) : config(json(chosen[i]), "default " + key), way));
  return parsed;
}

// The 3-D class has one level less in its defaults (and there, by mistake, one width too many).
level_lists read_levels_down(const config& source) {
  level_lists lists;
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

void read_levels_up(const config& source, level_lists& lists) {
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

void check_channels(const config& source, const unet_options& options, const level_lists& lists) {
  for (std::size_t i = 0; i < lists.channels.size(); ++i) {
    const int64_t channels = lists.channels[i];
    const auto fail = [&](const std::string& message) {
      return source.has("block_out_channels") ? source.at("block_out_channels").at(i).fail(message)
                                              : source.fail("block_out_channels: " + message);
    };
    if (channels < 1 || channels > most_channels)
      throw fail(concat("got ", channels, ", wanted 1 to ", most_channels));
    if (channels % options.groups != 0)
      throw fail(concat(channels, " channels are not divisible by norm_num_groups ", options.groups));
    if (lists.heads[i] > channels)
      throw fail(
          concat(channels, " channels are fewer than the ", lists.heads[i], " heads of attention_head_dim"));
    if (lists.down_types[i].video && channels % 32 != 0)
      throw fail(concat(channels, " channels are not divisible by the 32 groups of a temporal layer"));
  }
}

// A key that is there and null says "no mid block"; an absent one gives the default.
std::optional<unet_block_options> read_mid(const config& source, const level_lists& lists) {
  if (is_null(source, "mid_block_type")) return std::nullopt;
  const std::string type = source.get("mid_block_type", "UNetMidBlock2DCrossAttn");
  const bool plain = type == "UNetMidBlock2D";
  if (!plain && type != "UNetMidBlock2DCrossAttn" && type != "UNetMidBlock3DCrossAttn")
    throw source.at("mid_block_type")
        .fail(concat("got '", printable(type),
                     "', wanted UNetMidBlock3DCrossAttn, UNetMidBlock2DCrossAttn, UNetMidBlock2D or null"));
  unet_block_options mid;
  mid.cross_attention = !plain;
  mid.in_channels = mid.out_channels = lists.channels.back();
  mid.layers = plain ? 0 : 1;
  mid.depths = lists.depths.back();
  mid.heads = lists.heads.back();
  mid.text_channels = lists.text_channels.back();
  mid.output_scale_factor = source.get("mid_block_scale_factor", 1.0);
  return mid;
}

void lay_out_down(unet_options& options, const level_lists& lists) {
  const std::size_t levels = lists.levels();
  for (std::size_t i = 0; i < levels; ++i) {
    unet_block_options down;
    down.cross_attention = lists.down_types[i].cross_attention;
    down.temporal = lists.down_types[i].video;
    down.in_channels = lists.channels[i == 0 ? 0 : i - 1];
    down.out_channels = lists.channels[i];
    down.layers = lists.layers[i];
    down.depths = lists.depths[i];
    down.heads = lists.heads[i];
    down.text_channels = lists.text_channels[i];
    down.only_cross_attention = lists.only_cross_attention[i];
    down.resample = i + 1 < levels;
    options.down.push_back(std::move(down));
  }
}

void lay_out_up(unet_options& options, const level_lists& lists) {
  const std::size_t levels = lists.levels();
  for (std::size_t i = 0; i < levels; ++i) {
    const std::size_t mirror = levels - 1 - i;
    unet_block_options up;
    up.cross_attention = lists.up_types[i].cross_attention;
    up.temporal = lists.up_types[i].video;
    up.in_channels = lists.channels[i == 0 ? mirror : mirror + 1];
    up.out_channels = lists.channels[mirror];
    up.skip_channels = lists.channels[mirror == 0 ? 0 : mirror - 1];
    up.layers = lists.layers[mirror] + 1;
    up.depths = lists.up_depths[i];
    up.heads = lists.heads[mirror];
    up.text_channels = lists.text_channels[mirror];
    up.only_cross_attention = lists.only_cross_attention[mirror];
    up.resample = i + 1 < levels;
    options.up.push_back(std::move(up));
  }
}

// All cross-attentions are given the same text.
int64_t common_text_width(const config& source, const unet_options& options) {
  std::vector<int64_t> widths;
  const auto collect = [&](const unet_block_options& block) {
    if (block.cross_attention) widths.push_back(block.text_channels);
  };
  std::for_each(options.down.begin(), options.down.end(), collect);
  if (options.mid) collect(*options.mid);
  std::for_each(options.up.begin(), options.up.end(), collect);
  if (std::adjacent_find(widths.begin(), widths.end(), std::not_equal_to<>()) != widths.end())
    throw source.at("cross_attention_dim")
        .fail("blocks with cross-attention must agree, as they see the same text");
  return widths.empty() ? 0 : widths[0];
}

void read_conditioning(const config& source, unet_options& options) {
  options.flip_sin_to_cos = source.get("flip_sin_to_cos", true);
  options.freq_shift = source.get("freq_shift", 0.0);
  options.time_channels = options.down[0].in_channels * 4;
  options.act_fn = source.get("act_fn", "silu");
  options.encoder_hid_channels = bounded(source, "encoder_hid_dim", 0, 1, most_channels);
  if (source.has("encoder_hid_dim_type") && options.encoder_hid_channels == 0)
    throw source.at("encoder_hid_dim_type").fail("needs encoder_hid_dim");
  options.text_time = source.has("addition_embed_type");
  if (!options.text_time) return;
  options.addition_time_channels = bounded(source.at("addition_time_embed_dim"), 1, most_channels);
  options.addition_input_channels =
      bounded(source.at("projection_class_embeddings_input_dim"), 1, most_channels);
}

// What the UNet has and a ControlNet has not.
void read_unet_alone(const config& source, unet_options& options) {
  options.out_channels = bounded(source, "out_channels", 4, 1, most_channels);
  options.sample_size = bounded(source, "sample_size", 0, 1, most_channels);
  options.center_input_sample = source.get("center_input_sample", false);
  options.conv_in_kernel = bounded(source, "conv_in_kernel", 3, 1, 31);
  options.conv_out_kernel = bounded(source, "conv_out_kernel", 3, 1, 31);
  options.time_channels = bounded(source, "time_embedding_dim", options.time_channels, 1, most_channels);
  options.time_condition_channels = bounded(source, "time_cond_proj_dim", 0, 1, most_channels);
  options.time_embedding_act_fn = text_or_none(source, "time_embedding_act_fn");
  options.timestep_post_act = text_or_none(source, "timestep_post_act");
}

// All but what concerns the way up.
unet_options read_way_down(const config& source, const level_lists& lists) {
  unet_options options{};
  options.in_channels = bounded(source, "in_channels", 4, 1, most_channels);
  options.groups = bounded(source, "norm_num_groups", 32, 1, most_channels);
  options.eps = source.get("norm_eps", 1e-5);
  options.linear_projection = source.get("use_linear_projection", false);
  options.downsample_padding = bounded(source, "downsample_padding", 1, 0, 16);
  const std::string time_norm = source.get("resnet_time_scale_shift", "default");
  if (time_norm != "default" && time_norm != "scale_shift")
    throw source.at("resnet_time_scale_shift")
        .fail(concat("got '", printable(time_norm), "', wanted 'default' or 'scale_shift'"));
  options.scale_shift = time_norm == "scale_shift";
  for (const block_type& type : lists.down_types) options.video = options.video || type.video;
  check_channels(source, options, lists);
  lay_out_down(options, lists);
  options.mid = read_mid(source, lists);
  read_conditioning(source, options);
  return options;
}

}  // namespace

unet_options unet_options::read(const config& source) {
  refuse_what_is_not_built(source);
  level_lists lists = read_levels_down(source);
  read_levels_up(source, lists);
  unet_options options = read_way_down(source, lists);
  for (const block_type& type : lists.up_types) options.video = options.video || type.video;
  read_unet_alone(source, options);
  lay_out_up(options, lists);
  options.cross_attention_dim = common_text_width(source, options);
  return options;
}

unet_options unet_options::read_controlnet(const config& source) {
  refuse_what_is_not_built(source);
  // The original holds the layer and never applies it.
  if (source.has("encoder_hid_dim")) throw source.at("encoder_hid_dim").fail("not supported in a ControlNet");
  const level_lists lists = read_levels_down(source);
  unet_options options = read_way_down(source, lists);
  if (options.video)
    throw source.at("down_block_types").fail("a ControlNet has no temporal layers: wanted 2D blocks");
  options.cross_attention_dim = common_text_width(source, options);
  return options;
}

}  // namespace zoetrope
