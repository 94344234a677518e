// See autoencoder_kl.hpp.
#include "models/autoencoder_kl.hpp"

#include <ATen/ATen.h>

#include <map>
#include <optional>
#include <vector>

#include "core/error.hpp"
#include "models/tiled_coding.hpp"
#include "models/vae_coders.hpp"
#include "models/vae_options.hpp"

namespace zoetrope {

namespace {

latent_distribution distribution_of(const at::Tensor& moments) {
  const auto mean_and_logvar = moments.chunk(2, /*dim=*/1);
  return {mean_and_logvar[0], mean_and_logvar[1].clamp(-30.0, 20.0)};
}

void check_image(const at::Tensor& x, int64_t channels, int64_t least_side, const char* what) {
  ZT_CHECK(x.dim() == 4 && x.size(1) == channels, usage, what, ": got a tensor of ", x.sizes(),
           ", wanted [batch, ", channels, ", height, width]");
  ZT_CHECK(x.size(0) >= 1 && x.size(2) >= least_side && x.size(3) >= least_side, usage, what, ": got ",
           x.size(0), " of ", x.size(2), " x ", x.size(3), " pixels, wanted at least one of ", least_side,
           " x ", least_side);
}

/// Along one direction: tiles of `from` pixels that become tiles of `to` pixels.
tile_grid grid_of(int64_t from, int64_t to, double overlap) {
  const auto rounded_down = [](double x) { return static_cast<int64_t>(x); };
  ZT_CHECK(from >= 1 && to >= 1 && overlap >= 0 && overlap < 1, usage, "tiling: got tiles of ", from, " and ",
           to, " pixels that overlap by ", overlap, ", wanted at least 1 pixel and an overlap in [0, 1)");
  const int64_t stride = rounded_down(from * (1 - overlap)), blend = rounded_down(to * overlap);
  ZT_CHECK(stride >= 1, usage, "tiling: tiles of ", from, " pixels that overlap by ", overlap,
           " do not advance");
  return {.size = from, .stride = stride, .blend = blend, .keep = to - blend};
}

bool exceeds(const at::Tensor& x, int64_t side) { return x.size(2) > side || x.size(3) > side; }

/// [c] -> c 1 1 or c 1 1 1, which broadcasts over `latents`.
at::Tensor per_channel(const std::vector<double>& values, const at::Tensor& latents) {
  std::vector<int64_t> shape(latents.dim() - 1, 1);
  shape.front() = static_cast<int64_t>(values.size());
  return at::tensor(values, at::kDouble).to(latents.options()).reshape(shape);
}

}  // namespace

at::Tensor latent_distribution::standard_deviation() const { return (logvar * 0.5).exp(); }

struct autoencoder_kl::parts {
  explicit parts(const vae_options& options) : options(options), encoder(options), decoder(options) {
    const conv2d::options pointwise{.kernel = 1, .padding = 0};
    if (options.quant_conv)
      quant_conv.emplace(2 * options.latent_channels, 2 * options.latent_channels, pointwise);
    if (options.post_quant_conv)
      post_quant_conv.emplace(options.latent_channels, options.latent_channels, pointwise);
  }
  at::Tensor encode(const at::Tensor& image) const {
    const at::Tensor moments = encoder.forward(image);
    return quant_conv ? quant_conv->forward(moments) : moments;
  }
  at::Tensor decode(const at::Tensor& latents) const {
    return decoder.forward(post_quant_conv ? post_quant_conv->forward(latents) : latents);
  }
  const vae_options options;
  vae_encoder encoder;
  vae_decoder decoder;
  std::optional<conv2d> quant_conv, post_quant_conv;
};

autoencoder_kl::autoencoder_kl(const config& options)
    : parts_(std::make_unique<parts>(read_vae_options(options))) {
  add_child("encoder", parts_->encoder);
  add_child("decoder", parts_->decoder);
  if (parts_->quant_conv) add_child("quant_conv", *parts_->quant_conv);
  if (parts_->post_quant_conv) add_child("post_quant_conv", *parts_->post_quant_conv);
}

autoencoder_kl::~autoencoder_kl() = default;

latent_distribution autoencoder_kl::encode(const at::Tensor& image) const {
  check_image(image, parts_->options.in_channels, spatial_factor(), "vae encode");
  return distribution_of(parts_->encode(image));
}

at::Tensor autoencoder_kl::decode(const at::Tensor& latents) const {
  check_image(latents, latent_channels(), 1, "vae decode");
  return parts_->decode(latents);
}

at::Tensor autoencoder_kl::decode_sliced(const at::Tensor& latents) const {
  check_image(latents, latent_channels(), 1, "vae decode");
  std::vector<at::Tensor> images;
  for (const at::Tensor& row : latents.split(1)) images.push_back(parts_->decode(row));
  return at::cat(images);
}

latent_distribution autoencoder_kl::encode_tiled(const at::Tensor& image, const vae_tiling& tiling) const {
  const tile_grid grid = grid_of(tiling.sample_min, tiling.latent_min, tiling.overlap);
  check_image(image, parts_->options.in_channels, spatial_factor(), "vae encode");
  if (!exceeds(image, tiling.sample_min)) return encode(image);
  return distribution_of(code_in_tiles(image, grid, [this](const at::Tensor& tile) {
    check_image(tile, parts_->options.in_channels, spatial_factor(), "vae encode: tile");
    return parts_->encode(tile);
  }));
}

at::Tensor autoencoder_kl::decode_tiled(const at::Tensor& latents, const vae_tiling& tiling) const {
  const tile_grid grid = grid_of(tiling.latent_min, tiling.sample_min, tiling.overlap);
  check_image(latents, latent_channels(), 1, "vae decode");
  if (!exceeds(latents, tiling.latent_min)) return decode(latents);
  return code_in_tiles(latents, grid, [this](const at::Tensor& tile) { return parts_->decode(tile); });
}

at::Tensor autoencoder_kl::scaled(const at::Tensor& latents) const {
  const vae_options& options = parts_->options;
  if (options.latents_mean.empty()) return (latents - options.shift_factor) * options.scaling_factor;
  return (latents - per_channel(options.latents_mean, latents)) * options.scaling_factor /
         per_channel(options.latents_std, latents);
}

at::Tensor autoencoder_kl::unscaled(const at::Tensor& latents) const {
  const vae_options& options = parts_->options;
  if (options.latents_mean.empty()) return latents / options.scaling_factor + options.shift_factor;
  return latents * per_channel(options.latents_std, latents) / options.scaling_factor +
         per_channel(options.latents_mean, latents);
}

std::string autoencoder_kl::canonical_key(const std::string& key) const {
  static const std::map<std::string, std::string> of_first_releases = {
      {"query", "to_q"}, {"key", "to_k"}, {"value", "to_v"}, {"proj_attn", "to_out.0"}};
  // …attentions.0.query.weight: the second name from the end
  const std::size_t end = key.rfind('.');
  if (end == std::string::npos || end == 0 || key.find(".attentions.") == std::string::npos) return key;
  const std::size_t start = key.rfind('.', end - 1) + 1;
  const auto found = of_first_releases.find(key.substr(start, end - start));
  return found == of_first_releases.end() ? key : key.substr(0, start) + found->second + key.substr(end);
}

double autoencoder_kl::scaling_factor() const { return parts_->options.scaling_factor; }
double autoencoder_kl::shift_factor() const { return parts_->options.shift_factor; }
int64_t autoencoder_kl::latent_channels() const { return parts_->options.latent_channels; }
int64_t autoencoder_kl::spatial_factor() const { return int64_t{1} << (parts_->options.levels() - 1); }
bool autoencoder_kl::force_upcast() const { return parts_->options.force_upcast; }

}  // namespace zoetrope
