// See unet3d.hpp.
#include "models/unet3d.hpp"

#include <ATen/ATen.h>

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
struct tapped_group_norm : public group_norm {
  using group_norm::group_norm;
  at::Tensor forward(const at::Tensor& x, int64_t frames) const {
    return tapped(group_norm::forward(x, frames));
  }
};

conv2d::options same_size(int64_t kernel) { return {.kernel = kernel, .padding = (kernel - 1) / 2}; }

activation named_or_none(const std::string& name) {
  return name.empty() ? nullptr : activations().find(name);
}

}  // namespace

struct unet3d::parts {
  explicit parts(const unet_options& given);
  at::Tensor time_embedding_of(const unet_input& input, int64_t batch) const;
  at::Tensor size_embedding_of(const unet_input& input, int64_t batch) const;
  void check(const unet_input& input) const;
  void check_text(const unet_input& input) const;
  int64_t size_multiple() const { return options.video ? int64_t{1} << (options.down.size() - 1) : 1; }

  const unet_options options;
  const activation time_act;
  tapped_conv2d conv_in;
  timestep_embedding time_embedding;
  std::unique_ptr<timestep_embedding> add_embedding;
  std::unique_ptr<linear> encoder_hid_proj;
  module_list<unet_down_block> down_blocks;
  std::unique_ptr<unet_mid_block> mid_block;
  module_list<unet_up_block> up_blocks;
  tapped_group_norm conv_norm_out;
  conv2d conv_out;
  std::vector<const cross_attention*> cross_attentions;
};

unet3d::parts::parts(const unet_options& given)
    : options(given),
      time_act(named_or_none(options.time_embedding_act_fn)),
      conv_in(options.in_channels, options.down[0].in_channels, same_size(options.conv_in_kernel)),
      time_embedding({.in_channels = options.down[0].in_channels,
                      .channels = options.time_channels,
                      .act = activations().find(options.act_fn),
                      .post_act = named_or_none(options.timestep_post_act),
                      .condition_channels = options.time_condition_channels}),
      conv_norm_out(options.groups, options.down[0].in_channels, options.eps),
      conv_out(options.down[0].in_channels, options.out_channels, same_size(options.conv_out_kernel)) {
  if (options.text_time)
    add_embedding = std::make_unique<timestep_embedding>(timestep_embedding::options{
        options.addition_input_channels, options.time_channels, activations().find("silu")});
  if (options.encoder_hid_channels > 0)
    encoder_hid_proj = std::make_unique<linear>(options.encoder_hid_channels, options.cross_attention_dim);
  for (const unet_block_options& block : options.down) down_blocks.emplace(options, block);
  if (options.mid) mid_block = std::make_unique<unet_mid_block>(options, *options.mid);
  for (const unet_block_options& block : options.up) up_blocks.emplace(options, block);
}

unet3d::unet3d(const config& source) : parts_(std::make_unique<parts>(unet_options::read(source))) {
  parts& p = *parts_;
  add_child("conv_in", p.conv_in);
  add_child("time_embedding", p.time_embedding);
  if (p.add_embedding) add_child("add_embedding", *p.add_embedding);
  if (p.encoder_hid_proj) add_child("encoder_hid_proj", *p.encoder_hid_proj);
  add_child("down_blocks", p.down_blocks);
  if (p.mid_block) add_child("mid_block", *p.mid_block);
  add_child("up_blocks", p.up_blocks);
  add_child("conv_norm_out", p.conv_norm_out);
  add_child("conv_out", p.conv_out);
  p.cross_attentions = assign_text_slots(*this);
}

unet3d::~unet3d() = default;

projected_text unet3d::project_text(const at::Tensor& encoder_hidden_states) const {
  ZT_CHECK(encoder_hidden_states.dim() == 3 && encoder_hidden_states.size(2) == cross_attention_dim(), usage,
           "text for the UNet: got ", encoder_hidden_states.sizes(), ", wanted [batch, tokens, ",
           cross_attention_dim(), "]");
  return zoetrope::project_text(parts_->cross_attentions,
                                parts_->encoder_hid_proj
                                    ? parts_->encoder_hid_proj->forward(encoder_hidden_states)
                                    : encoder_hidden_states);
}

void unet3d::parts::check_text(const unet_input& input) const {
  if (cross_attentions.empty()) return;
  ZT_CHECK(input.text != nullptr && input.text->layers.size() == cross_attentions.size(), usage,
           "unet: got projected text of ", input.text ? input.text->layers.size() : 0, " layers, wanted ",
           cross_attentions.size());
  const int64_t rows = input.text->layers[0].k.size(0);
  ZT_CHECK(rows == input.sample.size(0), usage, "unet: got text for a batch of ", rows, ", wanted ",
           input.sample.size(0));
}

void unet3d::parts::check(const unet_input& input) const {
  ZT_CHECK(input.sample.dim() == 5 && input.sample.size(1) == options.in_channels && input.sample.numel() > 0,
           usage, "unet: got a sample of ", input.sample.sizes(), ", wanted [batch, ", options.in_channels,
           ", frames, height, width]");
  const int64_t height = input.sample.size(3), width = input.sample.size(4), multiple = size_multiple();
  ZT_CHECK(height % multiple == 0 && width % multiple == 0, usage, "unet: got latents of ", height, "x",
           width, ", wanted multiples of ", multiple);
  const std::size_t residuals = input.down_residuals.size();
  std::size_t skips = 1;
  for (const unet_block_options& block : options.down) skips += block.layers + (block.resample ? 1 : 0);
  ZT_CHECK(residuals == 0 || residuals == skips, usage, "unet: got ", residuals, " down residuals, wanted ",
           skips);
  ZT_CHECK(input.timestep.defined() &&
               (input.timestep.numel() == 1 || input.timestep.numel() == input.sample.size(0)),
           usage, "unet: wanted one timestep, or one for each of ", input.sample.size(0), " samples");
  check_text(input);
}

// SDXL's micro-conditioning (Podell et al. 2023, section 2.2): pooled text and the sinusoids of six sizes,
// side by side.
at::Tensor unet3d::parts::size_embedding_of(const unet_input& input, int64_t batch) const {
  ZT_CHECK(input.text_embeds.defined() && input.time_ids.defined(), usage,
           "unet: the model takes text_embeds and time_ids (addition_embed_type text_time)");
  const at::Tensor sizes = sinusoid(input.time_ids.flatten(), {options.addition_time_channels,
                                                               options.flip_sin_to_cos, options.freq_shift})
                               .reshape({input.time_ids.size(0), -1})
                               .to(input.text_embeds.scalar_type());
  const bool fits = input.text_embeds.dim() == 2 && input.text_embeds.size(0) == batch &&
                    sizes.size(0) == batch &&
                    input.text_embeds.size(1) + sizes.size(1) == options.addition_input_channels;
  ZT_CHECK(fits, usage, "unet: got text_embeds ", input.text_embeds.sizes(), " and time_ids ",
           input.time_ids.sizes(), ", whose embeddings must be ", options.addition_input_channels,
           " wide together for a batch of ", batch);
  return add_embedding->forward(at::cat({input.text_embeds, sizes}, 1));
}

// The vector that all resnets share: [b, time channels].
at::Tensor unet3d::parts::time_embedding_of(const unet_input& input, int64_t batch) const {
  const at::Tensor wave =
      sinusoid(input.timestep.to(input.sample.device()).reshape({-1}).expand({batch}),
               {options.down[0].in_channels, options.flip_sin_to_cos, options.freq_shift});
  at::Tensor embedding =
      time_embedding.forward(wave.to(input.sample.scalar_type()), input.timestep_condition);
  if (add_embedding) embedding = embedding + size_embedding_of(input, batch);
  return at::silu(time_act ? time_act(embedding) : embedding);
}

at::Tensor unet3d::forward(const unet_input& input) const {
  const parts& p = *parts_;
  p.check(input);
  unet_context context;
  context.batch = input.sample.size(0);
  context.frames = input.sample.size(2);
  context.time = p.time_embedding_of(input, context.batch);
  context.text = input.text;
  context.norm_frames = p.options.video ? context.frames : 1;
  context.temporal = input.temporal;

  at::Tensor x = fold_frames(input.sample);
  x = p.conv_in.forward(p.options.center_input_sample ? x * 2 - 1 : x);
  std::vector<at::Tensor> skips{x};
  for (const auto& block : p.down_blocks) x = block->forward(x, context, skips);
  for (std::size_t i = 0; i < input.down_residuals.size(); ++i)
    skips[i] = skips[i] + fold_frames(input.down_residuals[i]);
  if (p.mid_block) x = p.mid_block->forward(x, context);
  if (input.mid_residual.defined()) x = x + fold_frames(input.mid_residual);
  for (const auto& block : p.up_blocks) x = block->forward(x, context, skips);
  x = p.conv_out.forward(at::silu(p.conv_norm_out.forward(x, context.norm_frames)));
  return unfold_frames(x, context.frames).contiguous();
}

std::string unet3d::canonical_key(const std::string& key) const { return key; }
int64_t unet3d::in_channels() const { return parts_->options.in_channels; }
int64_t unet3d::out_channels() const { return parts_->options.out_channels; }
int64_t unet3d::size_multiple() const { return parts_->size_multiple(); }
int64_t unet3d::maximum_frames() const {
  return parts_->options.video ? transformer_temporal::options{}.maximum_frames : 0;
}
int64_t unet3d::sample_size() const { return parts_->options.sample_size; }
int64_t unet3d::cross_attention_dim() const {
  const int64_t hidden = parts_->options.encoder_hid_channels;
  return hidden > 0 ? hidden : parts_->options.cross_attention_dim;
}

}  // namespace zoetrope
