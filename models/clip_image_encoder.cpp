// See clip_image_encoder.hpp. Shapes: b batch, s image_size, p patches = (s / patch_size)^2, c hidden_size.
#include "models/clip_image_encoder.hpp"

#include <ATen/ATen.h>

#include "models/clip_layers.hpp"

namespace zoetrope {

namespace {

struct image_options {
  clip_layer_options layers;
  int64_t image_size, patch_size, projection_size;
  int64_t patches() const { return (image_size / patch_size) * (image_size / patch_size); }
};

/// Defaults are transformers' CLIPVisionConfig's: ViT-B/32.
image_options read_options(const config& options) {
  constexpr int64_t widest = 65536;
  image_options read;
  read.layers = read_clip_layer_options(
      options, {.hidden_size = 768, .intermediate_size = 3072, .layers = 12, .heads = 12});
  read.image_size = options.bounded("image_size", 224, 1, 4096);
  read.patch_size = options.bounded("patch_size", 32, 1, read.image_size);
  read.projection_size = options.bounded("projection_dim", 512, 1, widest);
  const int64_t channels = options.get<int64_t>("num_channels", 3);
  ZT_CHECK(channels == 3, bad_input, options.path(), ".num_channels: got ", channels, ", wanted 3");
  return read;
}

class image_embeddings : public module {
 public:
  explicit image_embeddings(const image_options& options)
      : patch_embedding_(
            3, options.layers.hidden_size,
            {.kernel = options.patch_size, .stride = options.patch_size, .padding = 0, .bias = false}),
        position_embedding_(options.patches() + 1, options.layers.hidden_size) {
    add_parameter("class_embedding", class_embedding_, {options.layers.hidden_size},
                  initializer::normal(0.02));
    add_child("patch_embedding", patch_embedding_);
    add_child("position_embedding", position_embedding_);
  }
  at::Tensor forward(const at::Tensor& pixels) const {
    const at::Tensor patches = patch_embedding_.forward(pixels).flatten(2).transpose(1, 2);  // b p c
    const at::Tensor first = class_embedding_.expand({pixels.size(0), 1, -1});
    return at::cat({first, patches}, 1) + position_embedding_.weight;
  }

 private:
  at::Tensor class_embedding_;
  conv2d patch_embedding_;
  embedding position_embedding_;
};

class image_transformer : public module {
 public:
  explicit image_transformer(const image_options& options)
      : embeddings(options),
        pre_layrnorm(options.layers.hidden_size, options.layers.layer_norm_eps),
        encoder(options.layers),
        post_layernorm(options.layers.hidden_size, options.layers.layer_norm_eps) {
    add_child("embeddings", embeddings);
    add_child("pre_layrnorm", pre_layrnorm);  // the checkpoints' spelling
    add_child("encoder", encoder);
    add_child("post_layernorm", post_layernorm);
  }
  image_embeddings embeddings;
  layer_norm pre_layrnorm;
  clip_encoder encoder;
  layer_norm post_layernorm;
};

}  // namespace

struct clip_image_encoder::parts {
  explicit parts(const image_options& options)
      : options(options),
        vision_model(options),
        visual_projection(options.layers.hidden_size, options.projection_size, /*bias=*/false) {}
  const image_options options;
  image_transformer vision_model;
  linear visual_projection;
};

clip_image_encoder::clip_image_encoder(const config& options)
    : parts_(std::make_unique<parts>(read_options(options))) {
  add_child("vision_model", parts_->vision_model);
  add_child("visual_projection", parts_->visual_projection);
}

clip_image_encoder::~clip_image_encoder() = default;

at::Tensor clip_image_encoder::forward(const at::Tensor& pixels) const {
  const int64_t side = image_size();
  ZT_CHECK(pixels.dim() == 4 && pixels.size(1) == 3 && pixels.size(2) == side && pixels.size(3) == side,
           usage, "clip_image_encoder: got pixels ", pixels.sizes(), ", wanted [batch, 3, ", side, ", ", side,
           "]");
  const image_transformer& tower = parts_->vision_model;
  const at::Tensor states =
      tower.encoder.forward(tower.pre_layrnorm.forward(tower.embeddings.forward(pixels)));
  return parts_->visual_projection.forward(tower.post_layernorm.forward(states.select(1, 0)));
}

std::string clip_image_encoder::canonical_key(const std::string& key) const {
  if (key.starts_with("text_") || key == "logit_scale" || key.ends_with("position_ids")) return "";
  return key.starts_with("vision_model.") || key.starts_with("visual_projection.") ? key
                                                                                   : "vision_model." + key;
}

int64_t clip_image_encoder::image_size() const { return parts_->options.image_size; }

}  // namespace zoetrope
