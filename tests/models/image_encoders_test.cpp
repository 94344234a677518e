// CLIP's image tower and DINO's ViT against transformers' networks with small random weights
// (tests/eval/network_metrics/make_reference_values.py).
#include <ATen/ATen.h>
#include <c10/core/GradMode.h>
#include <gtest/gtest.h>

#include "core/tensor/weight_source.hpp"
#include "core/tensor/weights.hpp"
#include "models/clip_image_encoder.hpp"
#include "models/vit_encoder.hpp"
#include "tests/core/temporary_folder.hpp"

namespace zoetrope {
namespace {

const tensor_map& references() {
  static const tensor_map tensors = load_tensors(std::filesystem::path(ZOETROPE_SOURCE_DIR) /
                                                 "tests/eval/network_metrics/reference_values.safetensors");
  return tensors;
}

json small_config() {
  return {{"hidden_size", 24},        {"intermediate_size", 36}, {"num_hidden_layers", 2},
          {"num_attention_heads", 3}, {"image_size", 32},        {"patch_size", 8}};
}
json clip_config() {
  json options = small_config();
  options["projection_dim"] = 10;
  return options;
}

tensor_map weights_below(const std::string& prefix) {
  tensor_map below;
  for (const auto& [name, tensor] : references())
    if (name.starts_with(prefix)) below[name.substr(prefix.size())] = tensor;
  return below;
}

template <class Encoder>
std::unique_ptr<Encoder> filled(const json& options, const tensor_map& weights) {
  const temporary_folder folder;
  const auto file = folder / "model.safetensors";
  save_tensors(file, weights);
  auto model = std::make_unique<Encoder>(config(options));
  load_weights(*model, {safetensors_file::open(file)}, {},
               renaming([&](const std::string& key) { return model->canonical_key(key); }));
  return model;
}

void expect_near(const at::Tensor& got, const std::string& reference) {
  const at::Tensor& wanted = references().at(reference);
  ASSERT_EQ(got.sizes(), wanted.sizes());
  EXPECT_LT((got - wanted).abs().max().item<double>(), 1e-5 * wanted.abs().max().item<double>());
}

TEST(ClipImageEncoder, IsTransformers) {
  const c10::NoGradGuard no_grad;
  const auto model = filled<clip_image_encoder>(clip_config(), weights_below("clip.weights."));
  expect_near(model->forward(references().at("clip.pixels")), "clip.image_embeds");
}

TEST(ClipImageEncoder, TheTextHalfOfAWholeClipIsNotItsMatter) {
  tensor_map weights = weights_below("clip.weights.");
  weights["text_model.final_layer_norm.weight"] = at::ones({4});
  weights["text_projection.weight"] = at::ones({4, 4});
  weights["logit_scale"] = at::ones({});
  weights["vision_model.embeddings.position_ids"] = at::arange(17).unsqueeze(0);
  EXPECT_NO_THROW(filled<clip_image_encoder>(clip_config(), weights));
}

TEST(ClipImageEncoder, WeightsOfAnotherShapeAreNamed) {
  tensor_map weights = weights_below("clip.weights.");
  weights["visual_projection.weight"] = at::ones({11, 24});
  weights.erase("vision_model.pre_layrnorm.bias");
  const std::string message = failure_of([&] { filled<clip_image_encoder>(clip_config(), weights); });
  EXPECT_NE(message.find("visual_projection.weight (got [11, 24], wanted [10, 24])"), std::string::npos)
      << message;
  EXPECT_NE(message.find("missing: vision_model.pre_layrnorm.bias"), std::string::npos) << message;
}

TEST(ClipImageEncoder, RefusesPixelsOfAnotherSize) {
  const auto model = filled<clip_image_encoder>(clip_config(), weights_below("clip.weights."));
  EXPECT_EQ(failure_of([&] {
              model->forward(at::zeros({1, 3, 32, 40}));
            }),
            "usage: clip_image_encoder: got pixels [1, 3, 32, 40], wanted [batch, 3, 32, 32]");
}

TEST(VitEncoder, IsTransformers) {
  const c10::NoGradGuard no_grad;
  const auto model = filled<vit_encoder>(small_config(), weights_below("dino.weights."));
  expect_near(model->forward(references().at("dino.square")), "dino.square.features");
}

TEST(VitEncoder, InterpolatesPositionsAsDinoDoes) {
  const c10::NoGradGuard no_grad;
  const auto model = filled<vit_encoder>(small_config(), weights_below("dino.weights."));
  expect_near(model->forward(references().at("dino.wide")), "dino.wide.features");
}

TEST(VitEncoder, RefusesWhatItCannotBe) {
  json options = small_config();
  options["qkv_bias"] = false;
  EXPECT_NE(failure_of([&] { vit_encoder{config(options)}; }).find("qkv_bias"), std::string::npos);
  options = small_config();
  options["hidden_size"] = 25;
  EXPECT_NE(failure_of([&] { vit_encoder{config(options)}; }).find("hidden_size: got 25"), std::string::npos);
  const auto model = filled<vit_encoder>(small_config(), weights_below("dino.weights."));
  EXPECT_NE(failure_of([&] {
              model->forward(at::zeros({1, 3, 7, 40}));
            }).find("[1, 3, 7, 40]"),
            std::string::npos);
}

}  // namespace
}  // namespace zoetrope
