// See unet_encoder.hpp.
#include "models/unet_encoder.hpp"

#include <ATen/ATen.h>

#include "core/tensor/meta_run.hpp"
#include "models/frames.hpp"
#include "models/timestep_embedding.hpp"
#include "models/unet_blocks.hpp"

namespace zoetrope {

namespace {

// A layer that reports what it returns.
struct tapped_conv2d : public conv2d {
  using conv2d::conv2d;
  at::Tensor forward(const at::Tensor& x) const { return tapped(conv2d::forward(x)); }
};

activation named_or_none(const std::string& name) {
  return name.empty() ? nullptr : activations().find(name);
}

}  // namespace

struct unet_encoder::parts {
  explicit parts(const unet_options& options);
  const activation time_act;
  tapped_conv2d conv_in;
  timestep_embedding time_embedding;
  std::unique_ptr<timestep_embedding> add_embedding, fps_embedding;
  std::unique_ptr<linear> encoder_hid_proj;
  std::unique_ptr<temporal_module> temporal_in;
  module_list<unet_down_block> down_blocks;
  std::unique_ptr<unet_mid_block> mid_block;
  std::vector<const cross_attention*> cross_attentions;
};

unet_encoder::parts::parts(const unet_options& options)
    : time_act(named_or_none(options.time_embedding_act_fn)),
      conv_in(options.in_channels, options.down[0].in_channels,
              {.kernel = options.conv_in_kernel, .padding = (options.conv_in_kernel - 1) / 2}),
      time_embedding({.in_channels = options.down[0].in_channels,
                      .channels = options.time_channels,
                      .act = activations().find(options.act_fn),
                      .post_act = named_or_none(options.timestep_post_act),
                      .condition_channels = options.time_condition_channels}) {
  if (options.text_time)
    add_embedding = std::make_unique<timestep_embedding>(timestep_embedding::options{
        options.addition_input_channels, options.time_channels, activations().find("silu")});
  if (options.fps_embedding)
    fps_embedding = std::make_unique<timestep_embedding>(timestep_embedding::options{
        options.down[0].in_channels, options.time_channels, activations().find(options.act_fn)});
  if (options.encoder_hid_channels > 0)
    encoder_hid_proj = std::make_unique<linear>(options.encoder_hid_channels, options.cross_attention_dim);
  if (options.temporal_in)
    temporal_in = make_temporal_module(*options.temporal_in,
                                       {options.down[0].in_channels, options.cross_attention_dim});
  for (const unet_block_options& block : options.down) down_blocks.emplace(options, block);
  if (options.mid) mid_block = std::make_unique<unet_mid_block>(options, *options.mid);
}

unet_encoder::unet_encoder(std::string name, const unet_options& options)
    : name_(std::move(name)), options_(options), parts_(std::make_unique<parts>(options)) {
  parts& p = *parts_;
  add_child("conv_in", p.conv_in);
  add_child("time_embedding", p.time_embedding);
  if (p.add_embedding) add_child("add_embedding", *p.add_embedding);
  if (p.fps_embedding) add_child("fps_embedding", *p.fps_embedding);
  if (p.encoder_hid_proj) add_child("encoder_hid_proj", *p.encoder_hid_proj);
  if (p.temporal_in) add_child("temporal_in", *p.temporal_in);
  add_child("down_blocks", p.down_blocks);
  if (p.mid_block) add_child("mid_block", *p.mid_block);
}

unet_encoder::~unet_encoder() = default;

void unet_encoder::complete() {
  parts_->cross_attentions = assign_text_slots(*this);
  options_.parts.expect_all_read();
}

int64_t unet_encoder::cross_attention_dim() const {
  return options_.encoder_hid_channels > 0 ? options_.encoder_hid_channels : options_.cross_attention_dim;
}

std::size_t unet_encoder::skip_count() const {
  std::size_t count = 1;
  for (const unet_block_options& block : options_.down) count += block.layers + (block.resample ? 1 : 0);
  return count;
}

projected_text unet_encoder::project_text(const at::Tensor& encoder_hidden_states) const {
  if (parts_->cross_attentions.empty()) return {};  // nothing looks at it
  ZT_CHECK(encoder_hidden_states.dim() == 3 && encoder_hidden_states.size(2) == cross_attention_dim(), usage,
           name_, ": got text ", encoder_hidden_states.sizes(), ", wanted [batch, tokens, ",
           cross_attention_dim(), "]");
  const counted_as kind(memory_kind::cache);
  const auto& projection = parts_->encoder_hid_proj;
  return zoetrope::project_text(parts_->cross_attentions, projection
                                                              ? projection->forward(encoder_hidden_states)
                                                              : encoder_hidden_states);
}

void unet_encoder::check_text(const denoiser_input& input) const {
  const std::size_t wanted = parts_->cross_attentions.size();
  if (wanted == 0) return;
  ZT_CHECK(input.text != nullptr && input.text->layers.size() == wanted, usage, name_,
           ": got projected text of ", input.text ? input.text->layers.size() : 0, " layers, wanted ",
           wanted);
  const int64_t rows = input.text->layers[0].k.size(0);
  ZT_CHECK(rows == input.sample.size(0), usage, name_, ": got text for a batch of ", rows, ", wanted ",
           input.sample.size(0));
}

// Pooled text and the sinusoids of six sizes, side by side.
at::Tensor unet_encoder::embed_sizes(const at::Tensor& text_embeds, const at::Tensor& time_ids) const {
  if (!parts_->add_embedding) return {};
  ZT_CHECK(text_embeds.defined() && time_ids.defined(), usage, name_,
           ": the model takes text_embeds and time_ids (addition_embed_type text_time)");
  const at::Tensor sizes = sinusoid(time_ids.flatten(), {options_.addition_time_channels,
                                                         options_.flip_sin_to_cos, options_.freq_shift})
                               .reshape({time_ids.size(0), -1})
                               .to(text_embeds.scalar_type());
  const bool fits = text_embeds.dim() == 2 && text_embeds.size(0) == sizes.size(0) &&
                    text_embeds.size(1) + sizes.size(1) == options_.addition_input_channels;
  ZT_CHECK(fits, usage, name_, ": got text_embeds ", text_embeds.sizes(), " and time_ids ", time_ids.sizes(),
           ", whose embeddings must be ", options_.addition_input_channels, " wide together for one batch");
  return parts_->add_embedding->forward(at::cat({text_embeds, sizes}, 1));
}

// The vector that all resnets share: [b, time channels].
at::Tensor unet_encoder::time_embedding_of(const denoiser_input& input) const {
  const int64_t batch = input.sample.size(0);
  ZT_CHECK(input.timestep.defined() && (input.timestep.numel() == 1 || input.timestep.numel() == batch),
           usage, name_, ": wanted one timestep, or one for each of ", batch, " samples");
  const parts& p = *parts_;
  const auto wave = [&](const at::Tensor& numbers) {
    return sinusoid(numbers.to(input.sample.device()).reshape({-1}).expand({batch}),
                    {options_.down[0].in_channels, options_.flip_sin_to_cos, options_.freq_shift})
        .to(input.sample.scalar_type());
  };
  at::Tensor embedding = p.time_embedding.forward(wave(input.timestep), input.timestep_condition);
  if (p.fps_embedding)
    embedding = embedding + p.fps_embedding->forward(wave(at::scalar_tensor(1.0 / input.seconds_per_frame)));
  if (p.add_embedding) {
    const at::Tensor sizes = input.embedded_sizes.defined() ? input.embedded_sizes
                                                            : embed_sizes(input.text_embeds, input.time_ids);
    ZT_CHECK(sizes.sizes() == embedding.sizes(), usage, name_, ": got text_embeds and time_ids of ",
             sizes.size(0), " rows, wanted a batch of ", batch);
    embedding = embedding + sizes;
  }
  return at::silu(p.time_act ? p.time_act(embedding) : embedding);
}

unet_context unet_encoder::context_of(const denoiser_input& input) const {
  ZT_CHECK(
      input.sample.dim() == 5 && input.sample.size(1) == options_.in_channels && input.sample.numel() > 0,
      usage, name_, ": got a sample of ", input.sample.sizes(), ", wanted [batch, ", options_.in_channels,
      ", frames, height, width]");
  check_text(input);
  unet_context context;
  context.batch = input.sample.size(0);
  context.frames = input.sample.size(2);
  context.time = time_embedding_of(input);
  context.text = input.text;
  context.pieces = input.pieces;
  context.recompute = input.recompute;
  context.seconds_per_frame = input.seconds_per_frame;
  return context;
}

at::Tensor unet_encoder::first_features(const at::Tensor& sample, const unet_context& context) const {
  const at::Tensor x = fold_frames(sample);
  const at::Tensor features = parts_->conv_in.forward(options_.center_input_sample ? x * 2 - 1 : x);
  return parts_->temporal_in && context.temporal ? parts_->temporal_in->forward(features, context) : features;
}

int64_t unet_encoder::maximum_frames_down() const {
  int64_t least = parts_->temporal_in ? parts_->temporal_in->maximum_frames() : 0;
  for (const auto& block : parts_->down_blocks) least = fewer_frames(least, block->maximum_frames());
  return parts_->mid_block ? fewer_frames(least, parts_->mid_block->maximum_frames()) : least;
}

at::Tensor unet_encoder::way_down(at::Tensor x, const unet_context& context,
                                  std::vector<at::Tensor>& skips) const {
  skips.push_back(x);
  for (const auto& block : parts_->down_blocks) x = block->forward(x, context, skips);
  return x;
}

at::Tensor unet_encoder::middle(const at::Tensor& x, const unet_context& context) const {
  return parts_->mid_block ? parts_->mid_block->forward(x, context) : x;
}

}  // namespace zoetrope
