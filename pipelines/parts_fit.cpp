// The sizes that two parts of a model share.
#include "pipelines/parts_fit.hpp"

#include "models/token_table.hpp"

namespace zoetrope {

namespace {

void check_tokens(const std::filesystem::path& folder, const clip_tokenizer& tokenizer,
                  clip_text_encoder& encoder, const config& options) {
  const int64_t embeddings = encoder.tokens().size(), positions = encoder.maximum_tokens();
  ZT_CHECK(tokenizer.vocabulary_size() <= embeddings, bad_input, folder.string(), " has ",
           tokenizer.vocabulary_size(), " tokens, but ", options.source(), " has vocab_size ", embeddings);
  ZT_CHECK(tokenizer.max_length() <= positions, bad_input, folder.string(), " has model_max_length ",
           tokenizer.max_length(), ", but ", options.source(), " has max_position_embeddings ", positions);
}

void check_text_widths(const text_to_video_model& model, const model_origin& origin) {
  const int64_t got = model.text_encoder->hidden_size() + model.text_encoder_2->hidden_size();
  const int64_t wanted = model.unet->cross_attention_dim();
  ZT_CHECK(got == wanted || wanted == 0, bad_input, origin.unet.options.source(), " has cross_attention_dim ",
           wanted, ", but the hidden_size of ", origin.text_encoder.options.source(), " and of ",
           origin.text_encoder_2.options.source(), " add up to ", got);
}

void check_latents(const text_to_video_model& model, const model_origin& origin) {
  const int64_t channels = model.vae->latent_channels();
  const auto check = [&](const char* key, int64_t got) {
    ZT_CHECK(got == channels, bad_input, origin.unet.options.source(), " has ", key, " ", got, ", but ",
             origin.vae.options.source(), " has latent_channels ", channels);
  };
  check("in_channels", model.unet->in_channels());
  check("out_channels", model.unet->out_channels());
}

/// Distilled models (Meng et al. 2023) take the guidance scale as an input that this pipeline does not give.
void check_unet_inputs(const unet3d& unet, const config& options) {
  ZT_CHECK(unet.options().time_condition_channels == 0, bad_input, options.source(),
           " has time_cond_proj_dim: UNets with a guidance embedding are not supported");
}

}  // namespace

void check_added_condition(const unet_encoder& net, const config& options, const text_to_video_model& model,
                           const model_origin& origin) {
  if (!net.options().text_time) return;
  const int64_t got = net.options().addition_input_channels;
  const int64_t wanted = model.text_encoder_2->projection_size() + 6 * net.options().addition_time_channels;
  ZT_CHECK(got == wanted, bad_input, options.source(), " has projection_class_embeddings_input_dim ", got,
           ", wanted ", wanted, ": the projection_dim of ", origin.text_encoder_2.options.source(),
           " and 6 x addition_time_embed_dim");
}

void check_parts_fit(const text_to_video_model& model, const model_origin& origin) {
  const clip_tokenizer &first = *model.tokenizer, &second = *model.tokenizer_2;
  check_tokens(origin.tokenizer, first, *model.text_encoder, origin.text_encoder.options);
  check_tokens(origin.tokenizer_2, second, *model.text_encoder_2, origin.text_encoder_2.options);
  ZT_CHECK(first.max_length() == second.max_length(), bad_input, origin.tokenizer.string(),
           " has model_max_length ", first.max_length(), ", but ", origin.tokenizer_2.string(), " has ",
           second.max_length(), "; their states are used side by side");
  check_unet_inputs(*model.unet, origin.unet.options);
  check_text_widths(model, origin);
  check_added_condition(*model.unet, origin.unet.options, model, origin);
  check_latents(model, origin);
}

}  // namespace zoetrope
