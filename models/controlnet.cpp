// See controlnet.hpp.
#include "models/controlnet.hpp"

#include <ATen/ATen.h>

#include "models/channel_projection.hpp"
#include "models/frames.hpp"
#include "models/layers.hpp"

namespace zoetrope {

namespace {

constexpr int64_t most_channels = 65536;
constexpr std::size_t most_levels = 16;

/// What the config says about the picture and the residuals.
struct condition_options {
  int64_t channels;
  std::vector<int64_t> widths;
  bool bgr, global_pool;
};

std::vector<int64_t> read_widths(const config& source) {
  const char* key = "conditioning_embedding_out_channels";
  const auto widths = source.get(key, std::vector<int64_t>{16, 32, 96, 256});
  const bool fits =
      !widths.empty() && widths.size() <= most_levels &&
      std::all_of(widths.begin(), widths.end(), [](int64_t c) { return c > 0 && c <= most_channels; });
  if (!fits) throw source.fail(concat(key, ": wanted 1 to ", most_levels, " widths of 1 to ", most_channels));
  return widths;
}

condition_options read_condition(const config& source) {
  const auto channels = source.get("conditioning_channels", int64_t{3});
  if (channels < 1 || channels > most_channels)
    throw source.at("conditioning_channels").fail(concat("got ", channels, ", wanted 1 to ", most_channels));
  const std::string order = source.get("controlnet_conditioning_channel_order", "rgb");
  if (order != "rgb" && order != "bgr")
    throw source.at("controlnet_conditioning_channel_order")
        .fail(concat("got '", printable(order), "', wanted 'rgb' or 'bgr'"));
  return {channels, read_widths(source), order == "bgr", source.get("global_pool_conditions", false)};
}

/// From pixels to the width of the UNet's first features, halving the picture between two widths.
class condition_embedding : public module {
 public:
  condition_embedding(const condition_options& options, int64_t out_channels)
      : conv_in_(options.channels, options.widths.front(), {}),
        conv_out_(options.widths.back(), out_channels, {}) {
    add_child("conv_in", conv_in_);
    for (std::size_t i = 0; i + 1 < options.widths.size(); ++i) {
      blocks_.emplace(options.widths[i], options.widths[i], conv2d::options{});
      blocks_.emplace(options.widths[i], options.widths[i + 1], conv2d::options{.stride = 2});
    }
    add_child("blocks", blocks_);
    add_child("conv_out", conv_out_);
  }
  /// n c H W -> n c' h w
  at::Tensor forward(const at::Tensor& picture) const {
    at::Tensor x = at::silu(conv_in_.forward(picture));
    for (const auto& block : blocks_) x = at::silu(block->forward(x));
    return tapped(conv_out_.forward(x));
  }

 private:
  conv2d conv_in_;
  module_list<conv2d> blocks_;
  conv2d conv_out_;
};

/// A convolution of one pixel (section 3.1), in channels-last order a linear map of the tokens.
at::Tensor zero_convolution(const channel_projection& layer, const at::Tensor& x) {
  return image_of(layer.forward(tokens_of(x)), x.size(2), x.size(3));
}

}  // namespace

struct controlnet::parts {
  parts(const condition_options& given, const unet_options& unet, bool zero_init)
      : options(given),
        embedding(given, unet.down[0].in_channels),
        mid(zero_convolution_of(unet.down.back(), zero_init)) {
    down.emplace(
        channel_projection::options{unet.down[0].in_channels, unet.down[0].in_channels, true, zero_init});
    for (const unet_block_options& block : unet.down)
      for (int64_t i = 0; i < block.layers + (block.resample ? 1 : 0); ++i)
        down.emplace(zero_convolution_of(block, zero_init));
  }
  static channel_projection::options zero_convolution_of(const unet_block_options& block, bool zero_init) {
    return {block.out_channels, block.out_channels, /*convolution=*/true, zero_init};
  }

  const condition_options options;
  condition_embedding embedding;
  module_list<channel_projection> down;
  channel_projection mid;
};

controlnet::controlnet(const config& source, bool zero_init)
    : unet_encoder("controlnet", unet_options::read_controlnet(source)),
      parts_(std::make_unique<parts>(read_condition(source), options_, zero_init)) {
  add_child("controlnet_cond_embedding", parts_->embedding);
  add_child("controlnet_down_blocks", parts_->down);
  add_child("controlnet_mid_block", parts_->mid);
  complete();
}

controlnet::~controlnet() = default;

at::Tensor controlnet::embed_condition(const at::Tensor& condition) const {
  const int64_t factor = pixel_factor();
  ZT_CHECK(condition.dim() == 5 && condition.size(1) == conditioning_channels() &&
               condition.size(3) % factor == 0 && condition.size(4) % factor == 0 && condition.numel() > 0,
           usage, "controlnet: got a condition of ", condition.sizes(), ", wanted [batch, ",
           conditioning_channels(), ", frames, height, width] with sides that are multiples of ", factor);
  const at::Tensor rgb = parts_->options.bgr ? condition.flip(1) : condition;
  return unfold_frames(parts_->embedding.forward(fold_frames(rgb)), condition.size(2));
}

namespace {

/// x: (b f) c h w; condition: 1 or b, c f h w. Their sum as (b f) c h w.
at::Tensor add_condition(const at::Tensor& x, const at::Tensor& condition, int64_t frames) {
  const at::Tensor video = unfold_frames(x, frames);
  ZT_CHECK(condition.defined() && condition.dim() == 5 &&
               (condition.size(0) == 1 || condition.size(0) == video.size(0)) &&
               condition.sizes().slice(1) == video.sizes().slice(1),
           usage, "controlnet: got an embedded condition of ", condition.sizes(), ", wanted ", video.sizes());
  return fold_frames(video + condition);
}

/// One for each residual, the middle one last.
std::vector<float> residual_weights(const controlnet_input& input, bool guess, std::size_t count) {
  const auto scale = static_cast<float>(input.scale);
  std::vector<float> weights(count, scale);
  if (!guess) return weights;
  const at::Tensor rising = at::logspace(-1, 0, static_cast<int64_t>(count), 10.0, at::kFloat);
  const float* const of_layer = rising.const_data_ptr<float>();
  for (std::size_t i = 0; i < count; ++i) weights[i] *= of_layer[i];
  return weights;
}

}  // namespace

controlnet_residuals controlnet::forward(const controlnet_input& input) const {
  const unet_context context = context_of(input);
  std::vector<at::Tensor> features;
  at::Tensor x = add_condition(first_features(input.sample, context), input.condition, context.frames);
  x = way_down(x, context, features);
  x = middle(x, context);

  const bool pooled = global_pool_conditions();
  const std::vector<float> weight = residual_weights(input, input.guess_mode && !pooled, features.size() + 1);
  const auto residual = [&](const channel_projection& layer, const at::Tensor& feature, std::size_t i) {
    const at::Tensor weighted = zero_convolution(layer, feature);
    if (weight[i] != 1) weighted.mul_(weight[i]);  // nobody else has seen it
    return unfold_frames(pooled ? weighted.mean({2, 3}, /*keepdim=*/true) : weighted, context.frames);
  };
  controlnet_residuals all;
  for (std::size_t i = 0; i < features.size(); ++i)
    all.down.push_back(residual(parts_->down[i], features[i], i));
  all.mid = residual(parts_->mid, x, features.size());
  return all;
}

int64_t controlnet::conditioning_channels() const { return parts_->options.channels; }
int64_t controlnet::pixel_factor() const { return int64_t{1} << (parts_->options.widths.size() - 1); }
bool controlnet::global_pool_conditions() const { return parts_->options.global_pool; }

}  // namespace zoetrope
