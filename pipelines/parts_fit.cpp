// The sizes that two parts of a model share.
#include "pipelines/parts_fit.hpp"

namespace zoetrope {

namespace {

/// The width of the text that a UNet takes: one number, or a list with one a block; encoder_hid_dim where the
/// UNet projects the text first.
int64_t text_width(const config& unet) {
  if (unet.has("encoder_hid_dim")) return unet.get<int64_t>("encoder_hid_dim");
  const bool list = unet.has("cross_attention_dim") && unet.at("cross_attention_dim").is_array();
  return list ? unet.at("cross_attention_dim").at(std::size_t{0}).as<int64_t>()
              : unet.get<int64_t>("cross_attention_dim", 1280);
}

void check_tokens(const std::filesystem::path& folder, const clip_tokenizer& tokenizer,
                  const config& encoder) {
  const auto embeddings = encoder.get<int64_t>("vocab_size", 49408);
  ZT_CHECK(tokenizer.vocabulary_size() <= embeddings, bad_input, folder.string(), " has ",
           tokenizer.vocabulary_size(), " tokens, but ", encoder.source(), " has vocab_size ", embeddings);
  const auto positions = encoder.get<int64_t>("max_position_embeddings", 77);
  ZT_CHECK(tokenizer.max_length() <= positions, bad_input, folder.string(), " has model_max_length ",
           tokenizer.max_length(), ", but ", encoder.source(), " has max_position_embeddings ", positions);
}

void check_text_widths(const config& unet, const config& first, const config& second) {
  const int64_t got = first.get<int64_t>("hidden_size", 512) + second.get<int64_t>("hidden_size", 512);
  const int64_t wanted = text_width(unet);
  ZT_CHECK(got == wanted, bad_input, unet.source(), " has cross_attention_dim ", wanted,
           ", but the hidden_size of ", first.source(), " and of ", second.source(), " add up to ", got);
}

/// The UNet's added embedding takes the pooled text and six sinusoids of the size conditioning.
void check_added_condition(const config& unet, const config& second) {
  if (unet.get<std::string>("addition_embed_type", "") != "text_time") return;
  const auto pooled = second.get<int64_t>("projection_dim", 512);
  const auto time = unet.get<int64_t>("addition_time_embed_dim");
  const auto wanted = unet.get<int64_t>("projection_class_embeddings_input_dim");
  ZT_CHECK(pooled + 6 * time == wanted, bad_input, unet.source(),
           " has projection_class_embeddings_input_dim ", wanted, ", but the projection_dim of ",
           second.source(), " and 6 x addition_time_embed_dim add up to ", pooled + 6 * time);
}

void check_latents(const config& unet, const config& vae) {
  const auto channels = vae.get<int64_t>("latent_channels", 4);
  for (const char* key : {"in_channels", "out_channels"}) {
    const auto got = unet.get<int64_t>(key, 4);
    ZT_CHECK(got == channels, bad_input, unet.source(), " has ", key, " ", got, ", but ", vae.source(),
             " has latent_channels ", channels);
  }
}

/// Distilled models (Meng et al. 2023) take the guidance scale as an input that this pipeline does not give.
void check_unet_inputs(const config& unet) {
  ZT_CHECK(!unet.has("time_cond_proj_dim"), bad_input, unet.source(),
           " has time_cond_proj_dim: UNets with a guidance embedding are not supported");
}

}  // namespace

void check_parts_fit(const model_origin& origin, const clip_tokenizer& tokenizer,
                     const clip_tokenizer& tokenizer_2) {
  const config &first = origin.text_encoder.options, &second = origin.text_encoder_2.options,
               &unet = origin.unet.options;
  check_tokens(origin.tokenizer, tokenizer, first);
  check_tokens(origin.tokenizer_2, tokenizer_2, second);
  ZT_CHECK(tokenizer.max_length() == tokenizer_2.max_length(), bad_input, origin.tokenizer.string(),
           " has model_max_length ", tokenizer.max_length(), ", but ", origin.tokenizer_2.string(), " has ",
           tokenizer_2.max_length(), "; their states are used side by side");
  check_unet_inputs(unet);
  check_text_widths(unet, first, second);
  check_added_condition(unet, second);
  check_latents(unet, origin.vae.options);
}

}  // namespace zoetrope
