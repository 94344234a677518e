// Textual inversion: a word is learnt, nothing else changes, and generation knows it from its files.
#include "training/textual_inversion.hpp"

#include <gtest/gtest.h>

#include "core/tensor/weights.hpp"
#include "pipelines/added_words.hpp"
#include "tests/training/lora_fixture.hpp"

namespace zoetrope {
namespace {

diffusion_task inversion_task(json changes = json::object()) {
  json options = {{"word", "<sks>"}, {"initializer", "square"}, {"vectors", 2}, {"replaces", "square"}};
  options.merge_patch(changes);
  const config tree(json{{"textual_inversion", options}});
  diffusion_task_options read = read_diffusion_task_options(tree, /*seed=*/3, /*batch_size=*/2);
  read.saved_dtype = at::kFloat;
  json clips = lora_clips();
  clips.update({{"shapes", {"square"}}, {"synonyms", false}});
  return diffusion_task(load_for_training(tiny), make_dataset(config(clips)), nullptr, config(), read);
}

TEST(TextualInversion, TrainsTheRowsOfItsWordAlone) {
  diffusion_task task = inversion_task();
  ASSERT_EQ(task.parameters().size(), 2u);
  EXPECT_EQ(task.parameters()[0].name, "text_encoder.<sks>");
  EXPECT_EQ(task.parameters()[1].name, "text_encoder_2.<sks>");
  const at::Tensor first = task.parameters()[0].tensor.detach().clone();
  EXPECT_TRUE(at::equal(first[0], first[1]));  // both from "square"
  descend(task, 2, 1.0);
  for (const trained_parameter& each : task.parameters())
    EXPECT_GT(each.tensor.grad().abs().max().item<float>(), 0) << each.name;
  EXPECT_FALSE(at::equal(task.parameters()[0].tensor, first));
  const training_model before = load_for_training(tiny);
  const auto same = [](const module& one, const module& other) {
    for (const auto& [key, tensor] : state_of(one))
      EXPECT_TRUE(at::equal(tensor, state_of(other).at(key))) << key;
  };
  same(*task.model().unet, *before.parts.unet);
  same(*task.model().text_encoder, *before.parts.text_encoder);
}

// A word of one vector that starts as a known word is that word.
TEST(TextualInversion, StartsAsItsInitializer) {
  const diffusion_task task = inversion_task({{"vectors", 1}});
  EXPECT_EQ(task.told("a red square moving left"), "a red <sks> moving left");
  const std::vector<bool> kept{false};
  const text_state_batch known = task.texts().of({"a red square moving left"}, kept),
                         fresh = task.texts().of({"a red <sks> moving left"}, kept);
  EXPECT_TRUE(at::allclose(fresh.prompt_embeds, known.prompt_embeds, 1e-5, 1e-6));
  EXPECT_TRUE(at::allclose(fresh.pooled, known.pooled, 1e-5, 1e-6));
}

TEST(TextualInversion, GenerationKnowsTheWordFromItsFiles) {
  const temporary_folder folder;
  diffusion_task task = inversion_task();
  descend(task, 2, 5.0);
  task.save(folder / "word");
  const json size = lora_clips();
  const auto frames = [&](const text_to_video_model& model) {
    return text_to_video(model, {.prompts = {"a red <sks> moving left"},
                                 .width = size.at("width"),
                                 .height = size.at("height"),
                                 .video_length = 4,
                                 .steps = 2,
                                 .seeds = {5}})
        .video;
  };
  text_to_video_model loaded = load_text_to_video_model(model_directory::open(tiny));
  const at::Tensor before = frames(loaded);
  add_word(loaded, read_token_embedding(folder / "word"));
  EXPECT_TRUE(at::equal(frames(loaded), frames(task.model())));
  EXPECT_FALSE(at::equal(frames(loaded), before));
  EXPECT_NE(failure_of([&] { add_word(loaded, read_token_embedding(folder / "word")); }).find("already"),
            std::string::npos);
}

TEST(TextualInversion, AWordOfSeveralVectorsIsAsManyTokens) {
  clip_tokenizer tokenizer(std::filesystem::path(tiny) / "tokenizer");
  const int64_t first = tokenizer.vocabulary_size();
  const std::size_t plain = tokenizer.encode("a red moving left").size();
  EXPECT_EQ(tokenizer.add_token("<sks>", 3), first);
  EXPECT_EQ(tokenizer.vocabulary_size(), first + 3);
  const std::vector<int64_t> ids = tokenizer.encode("a red <sks> moving left");
  ASSERT_EQ(ids.size(), plain + 3);
  EXPECT_EQ(std::vector<int64_t>(ids.begin() + 3, ids.begin() + 6),
            (std::vector<int64_t>{first, first + 1, first + 2}));
}

TEST(TextualInversion, NamesWhatIsWrong) {
  const auto failure = [](const json& changes) { return failure_of([&] { inversion_task(changes); }); };
  EXPECT_NE(failure({{"word", "square</w>"}}).find("already"), std::string::npos);
  EXPECT_NE(failure({{"initializer", ""}}).find("initializer"), std::string::npos);
  EXPECT_NE(failure({{"word", ""}}).find("$.textual_inversion.word"), std::string::npos);
  const temporary_folder folder;
  save_tensors(folder / "narrow.safetensors", {{"clip_l", at::zeros({1, 3})}, {"clip_g", at::zeros({1, 3})}});
  text_to_video_model model = load_text_to_video_model(model_directory::open(tiny));
  EXPECT_NE(
      failure_of([&] { add_word(model, read_token_embedding(folder / "narrow.safetensors")); }).find("of 3"),
      std::string::npos);
  save_tensors(folder / "other.safetensors", {{"weight", at::zeros({1, 3})}});
  EXPECT_NE(failure_of([&] { read_token_embedding(folder / "other.safetensors"); }).find("clip_l"),
            std::string::npos);
}

TEST(TextualInversion, RefusesWordsThatAreKnownOrNeverSaid) {
  const auto failure = [](const json& changes) { return failure_of([&] { inversion_task(changes); }); };
  EXPECT_TRUE(
      mentions(failure({{"word", "circle"}}), "'circle' is a token already; wanted a new one, as <circle>"));
  EXPECT_TRUE(mentions(failure({{"word", "my star"}}), "$.textual_inversion.word: wanted one word"));
  EXPECT_TRUE(mentions(failure({{"replaces", "hippo"}}), "no caption of the data has 'hippo' in it, as '"));
  EXPECT_TRUE(mentions(failure({{"replaces", nullptr}}), "no caption of the data has '<sks>' in it"));
}

}  // namespace
}  // namespace zoetrope
