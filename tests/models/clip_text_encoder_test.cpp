#include "models/clip_text_encoder.hpp"

#include <ATen/ATen.h>
#include <c10/core/GradMode.h>
#include <gtest/gtest.h>

#include <filesystem>

#include "core/error.hpp"
#include "core/tensor/random.hpp"
#include "core/tensor/weight_source.hpp"
#include "core/tensor/weights.hpp"
#include "eval/reference_case.hpp"
#include "tests/core/temporary_folder.hpp"
#include "tests/core/tensor/largest_difference.hpp"

namespace zoetrope {
namespace {

namespace fs = std::filesystem;

json small_config() {
  return {{"architectures", {"CLIPTextModel"}},
          {"vocab_size", 50},
          {"hidden_size", 12},
          {"intermediate_size", 20},
          {"num_hidden_layers", 2},
          {"num_attention_heads", 3},
          {"max_position_embeddings", 10},
          {"hidden_act", "gelu"},
          {"bos_token_id", 48},
          {"eos_token_id", 49}};
}

json changed(json base, const char* key, const json& value) {
  base[key] = value;
  return base;
}

json projected_config() {
  return changed(changed(small_config(), "architectures", {"CLIPTextModelWithProjection"}), "projection_dim",
                 7);
}

std::unique_ptr<clip_text_encoder> fresh(const json& options) {
  auto model = std::make_unique<clip_text_encoder>(config(options));
  generator random(5);
  model->initialize(random);
  return model;
}

at::Tensor ids(std::vector<std::vector<int64_t>> rows) {
  std::vector<at::Tensor> tensors;
  for (const auto& row : rows) tensors.push_back(at::tensor(row, at::kLong));
  return at::stack(tensors);
}

class ClipTextGolden : public testing::TestWithParam<const char*> {};

TEST_P(ClipTextGolden, EveryOutputHoldsUnderBothNamings) {
  const reference_result result = verify_case(fs::path(ZOETROPE_SOURCE_DIR) / "tests/goldens" / GetParam());
  EXPECT_TRUE(result.ok) << joined(result.failures, "\n");
  EXPECT_GE(result.checked, 14u);
}

INSTANTIATE_TEST_SUITE_P(Cases, ClipTextGolden,
                         testing::Values("03_clip_text/quick_gelu_legacy_eos",
                                         "03_clip_text/gelu_projection"),
                         [](const auto& info) { return fs::path(info.param).filename().string(); });

TEST(ClipTextEncoder, ATokenSeesOnlyTheTokensBeforeIt) {
  const c10::NoGradGuard no_grad;
  const auto model = fresh(small_config());
  const at::Tensor one = model->forward(ids({{48, 3, 4, 5, 6}})).last;
  const at::Tensor other = model->forward(ids({{48, 3, 4, 17, 49}})).last;
  EXPECT_LT(largest_difference(one.narrow(1, 0, 3), other.narrow(1, 0, 3)), 1e-6);
  EXPECT_GT(largest_difference(one.narrow(1, 3, 2), other.narrow(1, 3, 2)), 1e-3);
}

TEST(ClipTextEncoder, ABatchIsItsRowsOneByOne) {
  const c10::NoGradGuard no_grad;
  const auto model = fresh(projected_config());
  const at::Tensor batch = ids({{48, 3, 49, 49}, {48, 9, 8, 49}, {48, 49, 49, 49}});
  const clip_text_output together = model->forward(batch);
  for (int64_t row = 0; row < 3; ++row) {
    const clip_text_output alone = model->forward(batch.narrow(0, row, 1));
    EXPECT_LT(largest_difference(together.last[row], alone.last[0]), 1e-6);
    EXPECT_LT(largest_difference(together.pooled[row], alone.pooled[0]), 1e-6);
  }
}

TEST(ClipTextEncoder, PoolsAtTheFirstEndOfTextOrAtTheStart) {
  const c10::NoGradGuard no_grad;
  const auto model = fresh(small_config());
  const clip_text_output output =
      model->forward(ids({{48, 3, 49, 49, 49}, {48, 1, 2, 3, 4}, {48, 1, 2, 3, 49}}));
  EXPECT_TRUE(output.pooled[0].equal(output.last[0][2]));
  EXPECT_TRUE(output.pooled[1].equal(output.last[1][0]));
  EXPECT_TRUE(output.pooled[2].equal(output.last[2][4]));
}

TEST(ClipTextEncoder, LegacyEndOfTextIsTheGreatestId) {
  const c10::NoGradGuard no_grad;
  const auto model = fresh(changed(small_config(), "eos_token_id", 2));
  const clip_text_output output = model->forward(ids({{48, 2, 49, 49, 0}, {5, 2, 48, 3, 4}}));
  EXPECT_TRUE(output.pooled[0].equal(output.last[0][2]));
  EXPECT_TRUE(output.pooled[1].equal(output.last[1][2]));
}

TEST(ClipTextEncoder, ClipSkipCountsBackFromTheLastLayer) {
  const c10::NoGradGuard no_grad;
  const auto model = fresh(small_config());
  const clip_text_output output = model->forward(ids({{48, 3, 49}}));
  ASSERT_EQ(output.hidden_states.size(), 3u);
  EXPECT_TRUE(clip_text_encoder::penultimate(output).equal(output.hidden_states[1]));
  EXPECT_TRUE(clip_text_encoder::penultimate(output, 1).equal(output.hidden_states[0]));
  EXPECT_TRUE(model->normed_hidden_state(output, 0).equal(output.last));
  EXPECT_EQ(failure_of([&] { clip_text_encoder::penultimate(output, 2); }),
            "usage: clip_skip: got 2, wanted 0 to 1 for a text encoder of 2 layers");
  EXPECT_EQ(failure_of([&] { model->normed_hidden_state(output, 3); }),
            "usage: clip_skip: got 3, wanted 0 to 2 for a text encoder of 2 layers");
  EXPECT_THROW(clip_text_encoder::penultimate(output, -1), error);
}

TEST(ClipTextEncoder, PooledHasTheWidthOfTheProjection) {
  const c10::NoGradGuard no_grad;
  const auto plain = fresh(small_config()), projected = fresh(projected_config());
  EXPECT_FALSE(plain->has_projection());
  EXPECT_TRUE(projected->has_projection());
  EXPECT_EQ(plain->forward(ids({{48, 49}})).pooled.sizes(), (std::vector<int64_t>{1, 12}));
  EXPECT_EQ(projected->forward(ids({{48, 49}})).pooled.sizes(), (std::vector<int64_t>{1, 7}));
  EXPECT_EQ(plain->projection_size(), 12);
  EXPECT_EQ(projected->projection_size(), 7);
}

TEST(ClipTextEncoder, GradientReachesEveryParameter) {
  const auto model = fresh(projected_config());
  for (const parameter_slot& slot : model->slots()) slot.tensor->set_requires_grad(true);
  model->forward(ids({{48, 3, 4, 49}, {48, 7, 49, 49}})).pooled.square().sum().backward();
  for (const parameter_slot& slot : model->slots()) {
    ASSERT_TRUE(slot.tensor->grad().defined()) << slot.name;
    // a shift of all keys moves every score of a row alike, which softmax does not see
    if (slot.name.ends_with("k_proj.bias")) continue;
    EXPECT_GT(slot.tensor->grad().abs().max().item<double>(), 0) << slot.name;
  }
}

TEST(ClipTextEncoder, SavedWeightsLoadToTheSameModel) {
  const c10::NoGradGuard no_grad;
  const fs::path file = fs::path(testing::TempDir()) / "clip_text_encoder.safetensors";
  const auto saved = fresh(projected_config());
  save_tensors(file, state_of(*saved));
  clip_text_encoder loaded{config(projected_config())};
  load_weights(loaded, {safetensors_file::open(file)});
  const tensor_map want = state_of(*saved), got = state_of(loaded);
  ASSERT_EQ(got.size(), want.size());
  for (const auto& [name, tensor] : want) EXPECT_TRUE(got.at(name).equal(tensor)) << name;
  const at::Tensor text = ids({{48, 3, 49}});
  EXPECT_LT(largest_difference(loaded.forward(text).pooled, saved->forward(text).pooled), 1e-6);
  fs::remove(file);
}

TEST(ClipTextEncoder, KeysOfBothTransformersVersionsMeet) {
  const clip_text_encoder plain{config(small_config())}, projected{config(projected_config())};
  const std::string key = "text_model.encoder.layers.1.mlp.fc1.weight";
  EXPECT_EQ(plain.canonical_key("encoder.layers.1.mlp.fc1.weight"), key);
  EXPECT_EQ(plain.canonical_key(key), key);
  EXPECT_EQ(plain.canonical_key("text_model.embeddings.position_ids"), "");
  EXPECT_EQ(plain.canonical_key("embeddings.position_ids"), "");
  EXPECT_EQ(plain.canonical_key("text_projection.weight"), "");
  EXPECT_EQ(projected.canonical_key("text_projection.weight"), "text_projection.weight");
  EXPECT_EQ(plain.canonical_key("vision_model.post_layernorm.bias"), "");
}

TEST(ClipTextEncoder, RefusesMoreTokensThanPositions) {
  const auto model = fresh(small_config());
  EXPECT_EQ(failure_of([&] {
              model->forward(at::zeros({1, 11}, at::kLong));
            }),
            "usage: clip_text_encoder: got 11 tokens, wanted 1 to 10 (max_position_embeddings)");
  EXPECT_THROW(model->forward(at::zeros({1, 0}, at::kLong)), error);
  EXPECT_THROW(model->forward(at::zeros({1, 4})), error);
  EXPECT_THROW(model->forward(at::zeros({4}, at::kLong)), error);
  EXPECT_THROW(model->forward(at::full({1, 4}, 50, at::kLong)), error);
}

TEST(ClipTextEncoder, ConfigErrorsNameKeyGotAndWanted) {
  const auto message = [](const char* key, const json& value) {
    return failure_of([&] { clip_text_encoder{config(changed(projected_config(), key, value))}; });
  };
  EXPECT_NE(message("hidden_act", "gelu_newest").find("did you mean 'gelu_new'?"), std::string::npos);
  EXPECT_NE(message("hidden_act", "gelu_newest").find("$"), std::string::npos);
  EXPECT_NE(
      message("hidden_size", 13).find("hidden_size: got 13, wanted a multiple of num_attention_heads 3"),
      std::string::npos);
  EXPECT_NE(message("num_hidden_layers", 1000000).find("got 1000000, wanted 1 to 1000"), std::string::npos);
  EXPECT_NE(message("projection_dim", -1).find("projection_dim"), std::string::npos);
  EXPECT_NE(message("vocab_size", "many").find("vocab_size"), std::string::npos);
}

TEST(ClipTextEncoder, ActivationsDifferAsTheirNamesSay) {
  const c10::NoGradGuard no_grad;
  const at::Tensor tokens = ids({{48, 3, 9, 49}});
  const auto last = [&](const char* act) {
    return fresh(changed(small_config(), "hidden_act", act))->forward(tokens).last;
  };
  EXPECT_TRUE(last("gelu_new").equal(last("gelu_pytorch_tanh")));
  EXPECT_TRUE(last("silu").equal(last("swish")));
  for (const char* act : {"quick_gelu", "gelu_new", "relu", "silu", "mish", "tanh"})
    EXPECT_GT(largest_difference(last(act), last("gelu")), 1e-6) << act;
}

}  // namespace
}  // namespace zoetrope
