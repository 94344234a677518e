// See text_states.hpp.
#include "training/text_states.hpp"

#include <ATen/ATen.h>
#include <c10/core/GradMode.h>

#include "pipelines/prompt_encoder.hpp"

namespace zoetrope {

text_state_batch text_state_batch::to(at::Device device) const {
  return {prompt_embeds.to(device), pooled.to(device)};
}

text_states::text_states(const text_to_video_model& model, bool trained, std::shared_ptr<tensor_cache> disk)
    : model_(model), trained_(trained), disk_(std::move(disk)) {}

text_state_batch text_states::encoded(const std::vector<std::string>& captions) const {
  const encoded_prompts prompts = encode_prompts(model_, captions);
  return {prompts.prompt_embeds, prompts.pooled};
}

text_state_batch text_states::frozen(const std::string& caption) const {
  if (!disk_) return encoded({caption}).to(at::kCPU);
  std::call_once(hashed_, [&] {
    encoders_ = weights_hash(*model_.text_encoder) + weights_hash(*model_.text_encoder_2);
  });
  // The tokens, so that another vocabulary is another text.
  std::string seen;
  for (const clip_tokenizer* tokenizer : {model_.tokenizer.get(), model_.tokenizer_2.get()})
    seen += joined_extents(tokenizer->tokenize(caption).ids) + ";";
  const tensor_map kept = disk_->get(text_key(seen, encoders_), [&] {
    const text_state_batch made = encoded({caption});
    return tensor_map{{"prompt_embeds", made.prompt_embeds}, {"pooled", made.pooled}};
  });
  return text_state_batch{kept.at("prompt_embeds"), kept.at("pooled")}.to(at::kCPU);
}

text_state_batch text_states::kept(const std::vector<std::string>& captions) const {
  const c10::NoGradGuard no_gradient;
  std::vector<at::Tensor> embeds, pooled;
  for (const std::string& caption : captions) {
    std::unique_lock lock(mutex_);
    auto found = kept_.find(caption);
    if (found == kept_.end()) {
      lock.unlock();
      const text_state_batch made = frozen(caption);
      lock.lock();
      found = kept_.emplace(caption, made).first;
    }
    embeds.push_back(found->second.prompt_embeds);
    pooled.push_back(found->second.pooled);
  }
  return text_state_batch{at::cat(embeds), at::cat(pooled)}.to(model_.device);
}

text_state_batch text_states::of(const std::vector<std::string>& captions,
                                 const std::vector<bool>& left_out) const {
  std::vector<std::string> texts = captions;
  for (std::size_t i = 0; i < texts.size(); ++i)
    if (left_out[i]) texts[i].clear();
  text_state_batch states = trained_ ? encoded(texts) : kept(texts);
  if (!model_.force_zeros_for_empty_prompt) return states;
  std::vector<float> kept_rows(left_out.size());
  for (std::size_t i = 0; i < left_out.size(); ++i) kept_rows[i] = left_out[i] ? 0.0f : 1.0f;
  const at::Tensor mask = at::tensor(kept_rows).to(states.pooled.options()).unsqueeze(1);
  return {states.prompt_embeds * mask.unsqueeze(2), states.pooled * mask};
}

}  // namespace zoetrope
