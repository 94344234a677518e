// See vae_options.hpp.
#include "models/vae_options.hpp"

#include <algorithm>
#include <cctype>
#include <string>

namespace zoetrope {

namespace {

constexpr int64_t most_channels = 65536, most_levels = 16;

std::vector<int64_t> read_channels(const config& options) {
  if (!options.has("block_out_channels")) return options.get("block_out_channels", std::vector<int64_t>{64});
  const config list = options.at("block_out_channels");
  const auto channels = list.as<std::vector<int64_t>>();
  if (channels.empty() || channels.size() > most_levels)
    throw list.fail(concat("got ", channels.size(), " levels, wanted 1 to ", most_levels));
  for (std::size_t i = 0; i < channels.size(); ++i) list.at(i).bounded(1, most_channels);
  return channels;
}

/// Whether each level has attention, from its block's type: `plain` or "Attn" + `plain`.
std::vector<bool> read_block_types(const config& options, const char* key, const std::string& plain,
                                   std::size_t levels) {
  const auto types = options.get(key, std::vector<std::string>(1, plain));
  const auto fail = [&](const std::string& message) { return options.at(key).fail(message); };
  if (types.size() != levels)
    throw options.fail(concat(key, ": got ", types.size(), " blocks, wanted one for each of the ", levels,
                              " block_out_channels"));
  std::vector<bool> attention;
  for (const std::string& type : types) {
    if (type != plain && type != "Attn" + plain)
      throw fail(concat("got '", printable(type), "', wanted ", plain, " or Attn", plain));
    attention.push_back(type != plain);
  }
  return attention;
}

activation read_activation(const config& options) {
  std::string name = options.get("act_fn", "silu");
  std::transform(name.begin(), name.end(), name.begin(), [](unsigned char c) { return std::tolower(c); });
  if (name == "silu" || name == "swish") return nullptr;  // the norm does it in its own pass
  return in_context(concat(options.source(), ": ", options.path(), ".act_fn"),
                    [&] { return activations().find(name); });
}

void read_latent_statistics(const config& options, vae_options& read) {
  if (!options.has("latents_mean") || !options.has("latents_std")) return;
  read.latents_mean = options.get<std::vector<double>>("latents_mean");
  read.latents_std = options.get<std::vector<double>>("latents_std");
  const auto channels = static_cast<std::size_t>(read.latent_channels);
  if (read.latents_mean.size() != channels || read.latents_std.size() != channels)
    throw options.fail(concat("latents_mean and latents_std: got ", read.latents_mean.size(), " and ",
                              read.latents_std.size(), " entries, wanted ", channels, " (latent_channels)"));
}

}  // namespace

vae_options read_vae_options(const config& options) {
  vae_options read;
  read.in_channels = options.bounded("in_channels", 3, 1, most_channels);
  read.out_channels = options.bounded("out_channels", 3, 1, most_channels);
  read.latent_channels = options.bounded("latent_channels", 4, 1, most_channels);
  read.layers_per_block = options.bounded("layers_per_block", 1, 1, 1000);
  read.channels = read_channels(options);
  read.down_attention =
      read_block_types(options, "down_block_types", "DownEncoderBlock2D", read.channels.size());
  read.up_attention = read_block_types(options, "up_block_types", "UpDecoderBlock2D", read.channels.size());
  read.mid_attention = options.get("mid_block_add_attention", true);
  read.quant_conv = options.get("use_quant_conv", true);
  read.post_quant_conv = options.get("use_post_quant_conv", true);
  read.force_upcast = options.get("force_upcast", true);
  read.block.norm_groups = options.bounded("norm_num_groups", 32, 1, most_channels);
  read.block.act = read_activation(options);
  read.scaling_factor = options.get("scaling_factor", 0.18215);
  read.shift_factor = options.get("shift_factor", 0.0);
  read_latent_statistics(options, read);
  return read;
}

}  // namespace zoetrope
