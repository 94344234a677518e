// See unet_options.hpp. Defaults are those of the Python classes. Options that the originals accept and never
// use in these blocks are not read: mid_block_only_cross_attention, cross_attention_norm,
// resnet_skip_time_act, resnet_out_scale_factor, upcast_attention (their fused attention ignores it),
// addition_embed_type_num_heads, dropout (nothing is trained here).
#include "models/unet_options.hpp"

#include <algorithm>

#include "models/unet_levels.hpp"

namespace zoetrope {

namespace {

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

void check_channels(const config& source, const unet_options& options, const unet_levels& lists) {
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
  }
}

// A key that is there and null says "no mid block"; an absent one gives the default.
std::optional<unet_block_options> read_mid(const config& source, const unet_levels& lists) {
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

void lay_out_down(unet_options& options, const unet_levels& lists) {
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

void lay_out_up(unet_options& options, const unet_levels& lists) {
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
  options.encoder_hid_channels = source.bounded("encoder_hid_dim", 0, 1, most_channels);
  if (source.has("encoder_hid_dim_type") && options.encoder_hid_channels == 0)
    throw source.at("encoder_hid_dim_type").fail("needs encoder_hid_dim");
  options.fps_embedding = options.video && source.get("fps_embedding", false);
  options.text_time = source.has("addition_embed_type");
  if (!options.text_time) return;
  options.addition_time_channels = source.at("addition_time_embed_dim").bounded(1, most_channels);
  options.addition_input_channels =
      source.at("projection_class_embeddings_input_dim").bounded(1, most_channels);
}

// What the UNet has and a ControlNet has not.
void read_unet_alone(const config& source, unet_options& options) {
  options.out_channels = source.bounded("out_channels", 4, 1, most_channels);
  options.sample_size = source.bounded("sample_size", 0, 1, most_channels);
  options.center_input_sample = source.get("center_input_sample", false);
  options.conv_in_kernel = source.bounded("conv_in_kernel", 3, 1, 31);
  options.conv_out_kernel = source.bounded("conv_out_kernel", 3, 1, 31);
  options.time_channels = source.bounded("time_embedding_dim", options.time_channels, 1, most_channels);
  options.time_condition_channels = source.bounded("time_cond_proj_dim", 0, 1, most_channels);
  options.time_embedding_act_fn = text_or_none(source, "time_embedding_act_fn");
  options.timestep_post_act = text_or_none(source, "timestep_post_act");
}

// All but what concerns the way up.
unet_options read_way_down(const config& source, const unet_levels& lists) {
  unet_options options{};
  options.in_channels = source.bounded("in_channels", 4, 1, most_channels);
  options.groups = source.bounded("norm_num_groups", 32, 1, most_channels);
  options.eps = source.get("norm_eps", 1e-5);
  options.linear_projection = source.get("use_linear_projection", false);
  options.downsample_padding = source.bounded("downsample_padding", 1, 0, 16);
  const std::string time_norm = source.get("resnet_time_scale_shift", "default");
  if (time_norm != "default" && time_norm != "scale_shift")
    throw source.at("resnet_time_scale_shift")
        .fail(concat("got '", printable(time_norm), "', wanted 'default' or 'scale_shift'"));
  options.scale_shift = time_norm == "scale_shift";
  for (const unet_block_type& type : lists.down_types) options.video = options.video || type.video;
  check_channels(source, options, lists);
  lay_out_down(options, lists);
  options.mid = read_mid(source, lists);
  read_conditioning(source, options);
  return options;
}

// Where temporal modules are inserted: behind each layer of the blocks on these ways, behind the attention of
// the middle block, behind conv_in.
std::vector<std::string> read_placement(const config& source) {
  const config temporal = source.child("temporal");
  const auto places = temporal.get("placement", std::vector<std::string>{"down", "up"});
  for (const std::string& place : places)
    if (place != "down" && place != "mid" && place != "up" && place != "conv_in")
      throw temporal.at("placement")
          .fail(concat("got '", printable(place), "', wanted down, mid, up or conv_in"));
  return places;
}

// Once all blocks are laid out: what each is built from.
void add_parts(const config& source, unet_options& options) {
  const std::string usual_scope = options.video ? "clip" : "frame";
  const std::vector<std::string> places = options.video ? read_placement(source) : std::vector<std::string>();
  const auto placed = [&](const char* place) {
    return std::find(places.begin(), places.end(), place) != places.end();
  };
  options.parts = block_parts_reader(source);
  const auto add = [&](unet_block_options& block, std::size_t level, const std::string& name) {
    block.name = name;
    block.parts = options.parts.at(level, name);
    block.scope = read_norm_scope(block.parts.norms, "norm_scope", usual_scope);
  };
  const std::size_t levels = options.down.size();
  for (std::size_t i = 0; i < levels; ++i) {
    add(options.down[i], i, concat("down_blocks.", i));
    options.down[i].temporal &= placed("down");
  }
  if (options.mid) {
    add(*options.mid, levels - 1, "mid_block");
    options.mid->temporal = placed("mid");
  }
  for (std::size_t i = 0; i < options.up.size(); ++i) {
    add(options.up[i], levels - 1 - i, concat("up_blocks.", i));
    options.up[i].temporal &= placed("up");
  }
  if (placed("conv_in")) options.temporal_in = options.parts.at(0, "conv_in").temporal;
  options.scope = read_norm_scope(source, "norm_scope", usual_scope);
}

}  // namespace

unet_options unet_options::read(const config& source) {
  refuse_what_is_not_built(source);
  unet_levels lists = read_levels_down(source);
  read_levels_up(source, lists);
  unet_options options = read_way_down(source, lists);
  for (const unet_block_type& type : lists.up_types) options.video = options.video || type.video;
  read_unet_alone(source, options);
  lay_out_up(options, lists);
  options.cross_attention_dim = common_text_width(source, options);
  add_parts(source, options);
  return options;
}

unet_options unet_options::read_controlnet(const config& source) {
  refuse_what_is_not_built(source);
  // The original holds the layer and never applies it.
  if (source.has("encoder_hid_dim")) throw source.at("encoder_hid_dim").fail("not supported in a ControlNet");
  const unet_levels lists = read_levels_down(source);
  unet_options options = read_way_down(source, lists);
  if (options.video)
    throw source.at("down_block_types").fail("a ControlNet has no temporal layers: wanted 2D blocks");
  options.cross_attention_dim = common_text_width(source, options);
  add_parts(source, options);
  return options;
}

}  // namespace zoetrope
