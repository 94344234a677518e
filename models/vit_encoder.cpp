// See vit_encoder.hpp. Shapes: b batch, p patches, c hidden_size.
#include "models/vit_encoder.hpp"

#include <ATen/ATen.h>

#include <array>

#include "models/clip_layers.hpp"

namespace zoetrope {

namespace {

struct vit_options {
  clip_layer_options layers;
  int64_t image_size, patch_size;
  int64_t side() const { return image_size / patch_size; }  ///< in patches
};

/// Defaults are transformers' ViTConfig's: ViT-B/16.
vit_options read_options(const config& options) {
  vit_options read;
  read.layers = read_clip_layer_options(options, {.hidden_size = 768,
                                                  .intermediate_size = 3072,
                                                  .layers = 12,
                                                  .heads = 12,
                                                  .layer_norm_eps = 1e-12,
                                                  .act = "gelu"});
  read.image_size = options.bounded("image_size", 224, 1, 4096);
  read.patch_size = options.bounded("patch_size", 16, 1, read.image_size);
  const int64_t channels = options.get<int64_t>("num_channels", 3);
  ZT_CHECK(channels == 3, bad_input, options.path(), ".num_channels: got ", channels, ", wanted 3");
  ZT_CHECK(options.get("qkv_bias", true), bad_input, options.path(), ".qkv_bias: got false, wanted true");
  return read;
}

class patch_embeddings : public module {
 public:
  explicit patch_embeddings(const vit_options& options)
      : projection(3, options.layers.hidden_size,
                   {.kernel = options.patch_size, .stride = options.patch_size, .padding = 0}) {
    add_child("projection", projection);
  }
  conv2d projection;
};

class vit_embeddings : public module {
 public:
  explicit vit_embeddings(const vit_options& options) : patches(options) {
    const int64_t width = options.layers.hidden_size, count = options.side() * options.side();
    add_parameter("cls_token", cls_token, {1, 1, width}, initializer::normal(0.02));
    add_parameter("position_embeddings", positions, {1, count + 1, width}, initializer::normal(0.02));
    add_child("patch_embeddings", patches);
  }
  at::Tensor cls_token, positions;
  patch_embeddings patches;
};

}  // namespace

struct vit_encoder::parts {
  explicit parts(const vit_options& options)
      : options(options),
        embeddings(options),
        encoder(options.layers),
        layernorm(options.layers.hidden_size, options.layers.layer_norm_eps) {}
  const vit_options options;
  vit_embeddings embeddings;
  clip_encoder encoder;
  layer_norm layernorm;
};

vit_encoder::vit_encoder(const config& options) : parts_(std::make_unique<parts>(read_options(options))) {
  add_child("embeddings", parts_->embeddings);
  add_child("encoder", parts_->encoder);
  add_child("layernorm", parts_->layernorm);
}

vit_encoder::~vit_encoder() = default;

// As DINO's own code does it: bicubic, the scale from a tenth of a patch more than there are.
at::Tensor vit_encoder::positions_for(int64_t rows, int64_t columns) const {
  const at::Tensor& stored = parts_->embeddings.positions;
  const int64_t side = parts_->options.side();
  if (rows == side && columns == side) return stored;
  const at::Tensor grid =
      stored.narrow(1, 1, side * side).view({1, side, side, -1}).permute({0, 3, 1, 2});  // 1 c side side
  const auto scale = [&](int64_t patches) {
    return (static_cast<double>(patches) + 0.1) / static_cast<double>(side);
  };
  const at::Tensor resized = at::upsample_bicubic2d(grid.contiguous(), {rows, columns},
                                                    /*align_corners=*/false, scale(rows), scale(columns));
  return at::cat({stored.narrow(1, 0, 1), resized.flatten(2).transpose(1, 2)}, 1);
}

at::Tensor vit_encoder::forward(const at::Tensor& pixels) const {
  const int64_t patch = parts_->options.patch_size;
  ZT_CHECK(pixels.dim() == 4 && pixels.size(1) == 3 && pixels.size(2) >= patch && pixels.size(3) >= patch,
           usage, "vit_encoder: got pixels ", pixels.sizes(),
           ", wanted [batch, 3, height, width] of at least ", patch, " x ", patch);
  const vit_embeddings& embeddings = parts_->embeddings;
  const at::Tensor grid = embeddings.patches.projection.forward(pixels);  // b c rows columns
  const at::Tensor tokens =
      at::cat({embeddings.cls_token.expand({pixels.size(0), -1, -1}), grid.flatten(2).transpose(1, 2)}, 1);
  const at::Tensor states = parts_->encoder.forward(tokens + positions_for(grid.size(2), grid.size(3)));
  return parts_->layernorm.forward(states.select(1, 0));
}

std::string vit_encoder::canonical_key(const std::string& key) const {
  if (key.starts_with("pooler.")) return "";
  // The longer first, for output.dense ends both.
  static constexpr std::array<std::array<const char*, 2>, 9> names{
      {{"encoder.layer.", "encoder.layers."},
       {".attention.attention.query.", ".self_attn.q_proj."},
       {".attention.attention.key.", ".self_attn.k_proj."},
       {".attention.attention.value.", ".self_attn.v_proj."},
       {".attention.output.dense.", ".self_attn.out_proj."},
       {".intermediate.dense.", ".mlp.fc1."},
       {".output.dense.", ".mlp.fc2."},
       {".layernorm_before.", ".layer_norm1."},
       {".layernorm_after.", ".layer_norm2."}}};
  std::string name = key.starts_with("vit.") ? key.substr(4) : key;
  for (const auto& [theirs, ours] : names)
    if (const auto at = name.find(theirs); at != std::string::npos)
      name.replace(at, std::string_view(theirs).size(), ours);
  return name;
}

int64_t vit_encoder::image_size() const { return parts_->options.image_size; }

}  // namespace zoetrope
