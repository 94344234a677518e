// Prompts to text conditioning.
#include "pipelines/prompt_encoder.hpp"

#include <ATen/ATen.h>

#include "pipelines/time_ids.hpp"

namespace zoetrope {

namespace {

struct token_batch {
  at::Tensor ids;                 ///< [b, tokens]
  std::vector<std::string> cuts;  ///< for each prompt what did not fit
};

token_batch tokenize(const clip_tokenizer& tokenizer, const std::vector<std::string>& prompts) {
  token_batch batch;
  std::vector<at::Tensor> rows;
  for (const std::string& prompt : prompts) {
    const tokenized_prompt tokens = tokenizer.tokenize(prompt);
    rows.push_back(at::tensor(tokens.ids, at::kLong));
    batch.cuts.push_back(tokens.cut);
  }
  batch.ids = at::stack(rows);
  return batch;
}

void warn_of_cuts(const token_batch& batch, int64_t tokens,
                  const std::function<void(const std::string&)>& warn) {
  for (std::size_t i = 0; i < batch.cuts.size(); ++i)
    if (!batch.cuts[i].empty())
      warn(concat("the prompt is longer than the ", tokens,
                  " tokens of the text encoder; this part of it is not seen: '",
                  printable(batch.cuts[i], 400), "'"));
}

/// Negatives, one for each clip; nothing where they are to be zeros.
std::vector<std::string> negatives_of(const text_to_video_model& model, const text_to_video_call& call) {
  if (call.negative_prompts) return *call.negative_prompts;
  if (model.force_zeros_for_empty_prompt) return {};
  return std::vector<std::string>(call.prompts.size(), "");
}

}  // namespace

encoded_prompts encode_prompts(const text_to_video_model& model, const std::vector<std::string>& prompts,
                               int64_t clip_skip, const std::function<void(const std::string&)>& warn) {
  const token_batch first = tokenize(*model.tokenizer, prompts),
                    second = tokenize(*model.tokenizer_2, prompts);
  if (warn) {
    warn_of_cuts(first, model.tokenizer->max_length(), warn);
    // The vocabularies are the same as a rule: the second tokenizer speaks up only if it cuts elsewhere.
    if (second.cuts != first.cuts) warn_of_cuts(second, model.tokenizer_2->max_length(), warn);
  }
  const clip_text_output states_1 = model.text_encoder->forward(first.ids.to(model.device));
  const clip_text_output states_2 = model.text_encoder_2->forward(second.ids.to(model.device));
  return {first.ids, second.ids,
          at::cat({clip_text_encoder::penultimate(states_1, clip_skip),
                   clip_text_encoder::penultimate(states_2, clip_skip)},
                  -1),  // b tokens C1, b tokens C2 -> b tokens C1+C2
          states_2.pooled};
}

text_conditioning condition(const text_to_video_model& model, const text_to_video_call& call) {
  const auto clips = static_cast<int64_t>(call.prompts.size());
  const bool guided = call.guidance().active();
  std::vector<std::string> texts = guided ? negatives_of(model, call) : std::vector<std::string>();
  const bool zero_negatives = guided && texts.empty();
  texts.insert(texts.end(), call.prompts.begin(), call.prompts.end());

  encoded_prompts encoded = encode_prompts(model, texts, call.clip_skip, call.warn);
  if (zero_negatives) {
    encoded.prompt_embeds = at::cat({at::zeros_like(encoded.prompt_embeds), encoded.prompt_embeds});
    encoded.pooled = at::cat({at::zeros_like(encoded.pooled), encoded.pooled});
  }
  return {encoded.prompt_embeds, encoded.pooled, make_time_ids(call, clips, guided).to(model.device)};
}

}  // namespace zoetrope
