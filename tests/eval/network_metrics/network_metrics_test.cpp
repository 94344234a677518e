// Metrics with networks from a folder of weights, and what they say where there are none.
#include "eval/network_metrics.hpp"

#include <c10/core/GradMode.h>
#include <gtest/gtest.h>
#include <torch/csrc/jit/api/module.h>

#include <fstream>

#include "core/tensor/weights.hpp"
#include "eval/metric_suite.hpp"
#include "eval/network_metrics/frame_consistency.hpp"
#include "eval/set_metric.hpp"
#include "models/clip_image_encoder.hpp"
#include "models/clip_text_encoder.hpp"
#include "models/clip_tokenizer.hpp"
#include "models/vit_encoder.hpp"
#include "tests/core/temporary_folder.hpp"
#include "tests/eval/metrics/made_clips.hpp"

namespace zoetrope {
namespace {

namespace fs = std::filesystem;

json tower_config() {
  return {{"hidden_size", 24},        {"intermediate_size", 36}, {"num_hidden_layers", 2},
          {"num_attention_heads", 3}, {"image_size", 32},        {"patch_size", 8}};
}

template <class Network>
std::shared_ptr<Network> fresh(const json& options, uint64_t seed) {
  auto network = std::make_shared<Network>(config(options));
  generator random(seed);
  network->initialize(random);
  return network;
}

// A whole CLIP as transformers saves it, with the box's tokenizer.
struct small_clip {
  explicit small_clip(const fs::path& folder) {
    const json whole{{"architectures", {"CLIPModel"}},
                     {"projection_dim", 12},
                     {"vision_config", tower_config()},
                     {"text_config",
                      {{"vocab_size", 714},
                       {"hidden_size", 16},
                       {"intermediate_size", 20},
                       {"num_hidden_layers", 1},
                       {"num_attention_heads", 2},
                       {"max_position_embeddings", 24},
                       {"eos_token_id", 713}}}};
    json vision = whole["vision_config"], words = whole["text_config"];
    vision["projection_dim"] = words["projection_dim"] = 12;
    words["architectures"] = {"CLIPTextModelWithProjection"};
    image = fresh<clip_image_encoder>(vision, 1);
    text = fresh<clip_text_encoder>(words, 2);
    fs::copy(fs::path(ZOETROPE_SOURCE_DIR) / "assets/tiny/tokenizer", folder);
    std::ofstream(folder / "config.json") << whole;
    tensor_map weights = state_of(*image);
    weights.merge(state_of(*text));
    weights["logit_scale"] = at::ones({});
    save_tensors(folder / "model.safetensors", weights);
  }
  std::shared_ptr<clip_image_encoder> image;
  std::shared_ptr<clip_text_encoder> text;
};

class NetworkMetrics : public testing::Test {
 protected:
  void SetUp() override { add_network_metrics(); }
  named_metric made(const std::string& type) const {
    return make_metric(config(json{{"type", type}}), {folder_.path()});
  }
  metric_values measured(const std::string& type, const metric_input& input) const {
    return made(type).measure(input).front();
  }
  temporary_folder folder_;
};

TEST(FrameConsistency, IsVBenchsFormula) {
  // cos(z0, z1) = 0.6, cos(z1, z2) = 0, cos(z0, z2) = -0.8, which counts as 0.
  const std::vector<at::Tensor> features{at::tensor({2.0, 0.0}), at::tensor({0.6, 0.8}),
                                         at::tensor({-4.0, 3.0})};
  const std::vector<double> values = frame_consistency(features);
  ASSERT_EQ(values.size(), 2u);
  EXPECT_NEAR(values[0], 0.6, 1e-12);
  EXPECT_NEAR(values[1], 0.0, 1e-12);
  EXPECT_NEAR(cosine(features[0], features[2]), -0.8, 1e-12);
}

TEST_F(NetworkMetrics, SayWhichFileTheyNeed) {
  const auto reason = [&](const char* type) { return made(type).unavailable; };
  const std::string where = " in the folder that metric_weights names";
  EXPECT_EQ(reason("clip_text_score"), "needs clip/config.json" + where);
  EXPECT_EQ(reason("clip_frame_consistency"), "needs clip/config.json" + where);
  EXPECT_EQ(reason("subject_consistency"), "needs dino/config.json" + where);
  EXPECT_EQ(reason("lpips"), "needs lpips_alex.safetensors" + where);
  EXPECT_EQ(make_metric(config(json{{"type", "tlp"}, {"net", "vgg"}})).unavailable,
            "needs lpips_vgg.safetensors" + where);
  folder_.put("dino/config.json", R"({"architectures": ["ViTModel"]})");
  EXPECT_EQ(reason("subject_consistency"), "needs dino/model.safetensors" + where);
  EXPECT_NE(failure_of([] {
              make_metric(config(json{{"type", "lpips"}, {"net", "squeeze"}}));
            }).find("unknown lpips net 'squeeze'"),
            std::string::npos);
}

TEST_F(NetworkMetrics, ClipTextScoreIsTheCosineOfTheTowers) {
  fs::create_directory(folder_ / "clip");
  const small_clip clip(folder_ / "clip");
  // 32 x 32 frames of whole bytes need no resizing: (byte / 255 - mean) / deviation goes in.
  float_clip frames = moving_texture(3, 32, 32, 2, 1);
  for (float& value : frames.pixels) value = std::round(value * 255) / 255;
  const metric_values score =
      measured("clip_text_score", {.clip = frames, .prompt = "a red circle moving left"});
  const c10::NoGradGuard no_grad;
  const auto ids = clip_tokenizer(folder_ / "clip").tokenize("a red circle moving left").ids;
  const at::Tensor text = clip.text->forward(at::tensor(ids, at::kLong).unsqueeze(0)).pooled;
  const at::Tensor mean = at::tensor({0.48145466, 0.4578275, 0.40821073}, at::kFloat),
                   deviation = at::tensor({0.26862954, 0.26130258, 0.27577711}, at::kFloat);
  double sum = 0;
  ASSERT_EQ(score.per_pair.size(), 3u);
  for (int f = 0; f < 3; ++f) {
    const float* first = frame_of(frames, f);
    const at::Tensor pixels =
        at::tensor(std::vector<float>(first, first + frame_size(frames))).view({32, 32, 3});
    const at::Tensor image =
        clip.image->forward(((pixels - mean) / deviation).permute({2, 0, 1}).unsqueeze(0));
    const double wanted = 100 * at::cosine_similarity(text, image, 1).item<double>();
    EXPECT_NEAR(score.per_pair[f], wanted, 1e-3);
    sum += score.per_pair[f];
  }
  EXPECT_NEAR(score.per_video, sum / 3, 1e-12);
  EXPECT_EQ(why_unavailable(made("clip_text_score"), {.clip = frames}), "needs a prompt");
}

TEST_F(NetworkMetrics, ConsistencyIsOneForAFrozenClipAndLessForAMovingOne) {
  fs::create_directory(folder_ / "clip");
  const small_clip clip(folder_ / "clip");
  fs::create_directory(folder_ / "dino");
  json options = tower_config();
  options["architectures"] = {"ViTModel"};
  std::ofstream(folder_ / "dino/config.json") << options;
  save_tensors(folder_ / "dino/model.safetensors", state_of(*fresh<vit_encoder>(tower_config(), 3)));
  const float_clip frozen = moving_texture(4, 40, 61, 0, 0), moving = moving_texture(4, 40, 61, 5, 3);
  for (const char* type : {"clip_frame_consistency", "subject_consistency"}) {
    EXPECT_NEAR(measured(type, {.clip = frozen}).per_video, 1, 1e-9) << type;
    const metric_values of_moving = measured(type, {.clip = moving});
    EXPECT_LT(of_moving.per_video, 1 - 1e-6) << type;
    EXPECT_EQ(of_moving.per_pair.size(), 3u) << type;
  }
  // Motion stands beside them.
  const metric_suite suite({config(json{{"type", "subject_consistency"}})}, {folder_.path()});
  EXPECT_TRUE(suite.score({.clip = frozen}).still);
}

void put_program(const fs::path& file, const char* body) {
  torch::jit::Module program("i3d");
  program.define(body);
  program.save(file.string());
}

TEST_F(NetworkMetrics, FvdRunsAProgramOnPermissionOnly) {
  const config options(json{{"type", "fvd"}, {"force", true}});
  const auto reason = [&](const metric_setup& setup) { return make_set_metric(options, setup).unavailable; };
  EXPECT_EQ(reason({}), "needs i3d.pt in the folder that metric_weights names");
  EXPECT_EQ(reason({folder_.path(), true}), "needs i3d.pt in the folder that metric_weights names");
  folder_.put("i3d.pt", "not looked into without permission");
  EXPECT_EQ(reason({folder_.path()}), "needs --allow-torchscript, for i3d.pt is a program");
  EXPECT_NE(failure_of([&] {
              make_set_metric(options, {folder_.path(), true});
            }).find("i3d.pt"),
            std::string::npos);
}

TEST_F(NetworkMetrics, FvdIsTheFrechetDistanceOfWhatTheProgramGives) {
  // The mean of the clip in [-1, 1], 400 times.
  put_program(folder_ / "i3d.pt", R"(
def forward(self, x):
    return x.mean(dim=[1, 2, 3, 4]).unsqueeze(1).expand(-1, 400)
)");
  const named_set_metric fvd =
      make_set_metric(config(json{{"type", "fvd"}, {"force", true}}), {folder_.path(), true});
  const auto row = [&](double grey) {
    return fvd.features(made_clip(4, 16, 20, [=](int, int, int, int) { return grey; }));
  };
  EXPECT_NEAR(row(0.8)[399], 0.6, 1e-6);
  // Means 0 and 0.4 with the same spread: 400 x 0.4^2.
  const feature_rows clips{row(0.4), row(0.6)}, reference{row(0.6), row(0.8)};
  EXPECT_EQ(fvd.refuses(clips, reference), "");
  EXPECT_NEAR(fvd.compare(clips, reference).front().per_video, 64, 1e-3);
  const named_set_metric strict = make_set_metric(config(json{{"type", "fvd"}}), {folder_.path(), true});
  EXPECT_EQ(strict.refuses(clips, reference),
            "needs 401 clips and as many reference clips, has 2 and 2 (or fvd:force=true)");
}

TEST_F(NetworkMetrics, AProgramThatGivesNoNumbersIsNamed) {
  put_program(folder_ / "i3d.pt", R"(
def forward(self, x):
    return (x.mean(dim=[1, 2, 3, 4]).unsqueeze(1) / 0).expand(-1, 400)
)");
  const named_set_metric fvd = make_set_metric(config(json{{"type", "fvd"}}), {folder_.path(), true});
  EXPECT_EQ(failure_of([&] { fvd.features(moving_texture(2, 8, 8, 0, 0)); }),
            "bad_input: i3d.pt: forward gave values that are not finite (NaN or infinity)");
}

TEST_F(NetworkMetrics, AProgramThatGivesOtherFeaturesIsNotFvd) {
  put_program(folder_ / "i3d.pt", R"(
def forward(self, x):
    return x.mean(dim=[2, 3, 4])
)");
  const named_set_metric fvd = make_set_metric(config(json{{"type", "fvd"}}), {folder_.path(), true});
  EXPECT_EQ(failure_of([&] { fvd.features(moving_texture(2, 8, 8, 0, 0)); }),
            "bad_input: i3d.pt: forward gave [1, 3], wanted [1, 400]: I3D's logits");
}

}  // namespace
}  // namespace zoetrope
