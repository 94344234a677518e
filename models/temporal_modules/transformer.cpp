// The temporal transformer from its config. Defaults are Hotshot-XL's.
#include "models/feed_forward.hpp"
#include "models/temporal_modules/makers.hpp"
#include "models/transformer_temporal.hpp"

namespace zoetrope {

namespace {

using attention = transformer_temporal::attention;

std::vector<attention> read_attentions(const config& options, const temporal_site& site) {
  std::vector<attention> kinds;
  for (const std::string& name : options.get("attentions", std::vector<std::string>{"self", "self"})) {
    if (name != "self" && name != "cross")
      throw options.at("attentions").fail(concat("got '", printable(name), "', wanted 'self' or 'cross'"));
    if (name == "cross" && site.text_channels == 0)
      throw options.at("attentions").fail("'cross' needs a text, and this UNet sees none");
    kinds.push_back(name == "self" ? attention::self : attention::cross);
  }
  return kinds;
}

// `heads`, `head_dim`, or both; one alone shares out the channels.
void read_heads(const config& options, const temporal_site& site, transformer_temporal::options& read) {
  const auto share = [&](const char* key, int64_t value) {
    if (site.channels % value != 0)
      throw options.fail(concat(key, ": ", site.channels, " channels are not divisible by ", value));
    return site.channels / value;
  };
  constexpr int64_t most = 65536;
  read.head_dim = options.has("head_dim") ? options.at("head_dim").bounded(1, most) : 0;
  if (read.head_dim > 0 && !options.has("heads")) {
    read.heads = share("head_dim", read.head_dim);
    return;
  }
  read.heads = options.bounded("heads", 8, 1, most);
  if (read.head_dim == 0) {
    options.get_optional<int64_t>("head_dim");
    read.head_dim = share("heads", read.heads);
  }
}

}  // namespace

std::unique_ptr<temporal_module> make_temporal_transformer(const config& options, const temporal_site& site) {
  transformer_temporal::options read{};
  read.in_channels = site.channels;
  read.text_channels = site.text_channels;
  read_heads(options, site, read);
  read.depth = options.bounded("depth", 1, 1, 1000);
  read.attentions = read_attentions(options, site);
  read.groups = read_norm_groups(options, site);
  read.scope = read_norm_scope(options, "norm_scope", "frame");
  read.zero_init = options.get("zero_init", false);
  read.maximum_frames = options.bounded("maximum_frames", 24, 1, 1 << 20);
  read.attention_bias = options.get("attention_bias", false);
  read.activation = options.get("activation", "geglu");
  in_context(concat(options.source(), ": ", options.path(), ".activation"),
             [&] { feed_forward_activations().find(read.activation); });
  read.token_shift = options.get("token_shift", false);
  if (read.token_shift && read.heads * read.head_dim % 2 != 0)
    throw options.at("token_shift").fail("needs an even number of channels");
  read.parts = options;
  return std::make_unique<transformer_temporal>(read);
}

}  // namespace zoetrope
