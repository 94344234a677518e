// Prompt encoding: lengths, warnings, negatives. The states themselves are held by the reference cases.
#include "pipelines/prompt_encoder.hpp"

#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include "sample_models.hpp"

namespace zoetrope {
namespace {

struct heard {
  std::vector<std::string> messages;
  auto listener() {
    return [this](const std::string& message) { messages.push_back(message); };
  }
};

text_conditioning condition_of(const text_to_video_model& model, const text_to_video_call& call) {
  return condition(model, checked_call(model, call));
}

TEST(PromptEncoder, PadsToTheTokenizersOwnLength) {
  EXPECT_EQ(encode_prompts(random_model(), {"a"}).ids_1.sizes(), (std::vector<int64_t>{1, 77}));
  EXPECT_EQ(encode_prompts(shapes_model(), {"a"}).ids_1.sizes(), (std::vector<int64_t>{1, 24}));
  EXPECT_EQ(encode_prompts(shapes_model(), {"a", "b"}).prompt_embeds.sizes(),
            (std::vector<int64_t>{2, 24, 128}));
}

TEST(PromptEncoder, WarnsOnceAndShowsWhatWasCut) {
  heard warnings;
  const std::string fits = "a red circle moving left";
  encode_prompts(shapes_model(), {fits}, 0, warnings.listener());
  EXPECT_TRUE(warnings.messages.empty());
  encode_prompts(shapes_model(), {fits + " " + fits + " " + fits + " " + fits + " " + fits + " xylophone"}, 0,
                 warnings.listener());
  ASSERT_EQ(warnings.messages.size(), 1u);
  EXPECT_NE(warnings.messages[0].find("24 tokens"), std::string::npos) << warnings.messages[0];
  EXPECT_NE(warnings.messages[0].find("xylophone"), std::string::npos) << warnings.messages[0];
}

TEST(PromptEncoder, ANegativePromptThatIsNotGivenIsZerosWhereTheModelSaysSo) {
  text_to_video_call call = short_call();
  const text_conditioning zeros = condition_of(random_model(), call);
  EXPECT_EQ(zeros.prompt_embeds.size(0), 2);
  EXPECT_EQ(zeros.prompt_embeds[0].abs().max().item<float>(), 0);
  EXPECT_EQ(zeros.text_embeds[0].abs().max().item<float>(), 0);
  call.negative_prompts = {""};
  const text_conditioning encoded = condition_of(random_model(), call);
  EXPECT_GT(encoded.prompt_embeds[0].abs().max().item<float>(), 0.1);
  EXPECT_TRUE(at::allclose(encoded.prompt_embeds[1], zeros.prompt_embeds[1], 1e-5, 1e-5));
}

TEST(PromptEncoder, OtherwiseItIsTheEncodedEmptyPrompt) {
  text_to_video_call call;
  call.prompts = {"a red circle"};
  const text_conditioning absent = condition_of(shapes_model(), call);
  call.negative_prompts = {""};
  EXPECT_TRUE(at::equal(absent.prompt_embeds, condition_of(shapes_model(), call).prompt_embeds));
}

TEST(PromptEncoder, OneNegativePromptServesTheWholeBatch) {
  text_to_video_call call = short_call();
  call.prompts = {"a dog", "a cat"};
  call.negative_prompts = {"blurry"};
  const text_conditioning got = condition_of(random_model(), call);
  EXPECT_EQ(got.prompt_embeds.size(0), 4);
  EXPECT_TRUE(at::allclose(got.prompt_embeds[0], got.prompt_embeds[1], 1e-5, 1e-5));
  EXPECT_FALSE(at::allclose(got.prompt_embeds[2], got.prompt_embeds[3], 1e-2, 1e-2));
}

TEST(PromptEncoder, WithoutGuidanceThereAreNoNegatives) {
  text_to_video_call call = short_call();
  call.guidance_scale = 1;
  const text_conditioning got = condition_of(random_model(), call);
  EXPECT_EQ(got.prompt_embeds.size(0), 1);
  EXPECT_EQ(got.time_ids.size(0), 1);
}

TEST(PromptEncoder, ClipSkipTakesAnEarlierLayer) {
  const at::Tensor plain = encode_prompts(random_model(), {"a dog"}).prompt_embeds;
  const at::Tensor skipped = encode_prompts(random_model(), {"a dog"}, 1).prompt_embeds;
  EXPECT_FALSE(at::allclose(plain, skipped, 1e-2, 1e-2));
  // The second encoder has two layers: hidden_states[-5] is not there.
  ZT_EXPECT_ERROR(usage, "", encode_prompts(random_model(), {"a dog"}, 3));
}

TEST(PromptEncoder, RefusesInvalidUtf8) {
  ZT_EXPECT_ERROR(usage, "", encode_prompts(random_model(), {"caf\xe9"}));
}

}  // namespace
}  // namespace zoetrope
