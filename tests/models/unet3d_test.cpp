// The whole UNet: what must hold whatever the weights are.
#include "models/unet3d.hpp"

#include <ATen/ATen.h>
#include <c10/core/GradMode.h>
#include <gtest/gtest.h>

#include "core/tensor/weight_source.hpp"
#include "core/tensor/weights.hpp"
#include "tests/core/tensor/largest_difference.hpp"
#include "tests/models/small_unet.hpp"

namespace zoetrope {
namespace {

json small() {
  json tree = small_unet();
  tree["addition_embed_type"] = "text_time";
  tree["addition_time_embed_dim"] = 4;
  tree["projection_class_embeddings_input_dim"] = 34;
  return tree;
}

json small_2d() {
  json tree = small();
  tree["_class_name"] = "UNet2DConditionModel";
  tree["down_block_types"] = {"DownBlock2D", "CrossAttnDownBlock2D"};
  tree["up_block_types"] = {"CrossAttnUpBlock2D", "UpBlock2D"};
  return tree;
}

// Also what a fresh UNet starts at zero is drawn, so that no part of it is mute.
void draw(unet3d& unet) {
  generator random(11);
  for (const parameter_slot& slot : unet.slots())
    if (slot.init.kind == initializer::law::zeros) *slot.tensor = random.normal(slot.shape) * 0.1;
  unet.initialize(random);
}

class Unet : public testing::Test {
 protected:
  explicit Unet(const json& tree = small()) : unet_(config(tree)) { draw(unet_); }

  struct call {
    at::Tensor sample, text, text_embeds, time_ids, timestep;
  };
  call make_call(int64_t batch, int64_t frames, int64_t height = 4, int64_t width = 6) {
    return {random_.normal({batch, 4, frames, height, width}), random_.normal({batch, 5, 12}),
            random_.normal({batch, 10}), random_.uniform({batch, 6}, 0, 1000), at::tensor({321.5})};
  }
  at::Tensor run(const call& given, bool temporal = true) const {
    const projected_text text = unet_.project_text(given.text);
    unet_input input;
    input.sample = given.sample;
    input.timestep = given.timestep;
    input.text = &text;
    input.text_embeds = given.text_embeds;
    input.time_ids = given.time_ids;
    input.temporal = temporal;
    return unet_.forward(input);
  }
  void expect_refused(const call& given, const std::string& wanted) const {
    try {
      run(given);
      FAIL() << "no error";
    } catch (const error& failure) {
      EXPECT_EQ(failure.kind(), error_kind::usage);
      EXPECT_NE(std::string(failure.what()).find(wanted), std::string::npos) << failure.what();
    }
  }

  unet3d unet_;
  generator random_{5};
};

class Unet2d : public Unet {
 protected:
  Unet2d() : Unet(small_2d()) {}
};

TEST_F(Unet, BatchIsTheSameAsOneByOne) {
  const c10::NoGradGuard inference;
  const call both = make_call(2, 3);
  const at::Tensor together = run(both);
  for (int64_t b = 0; b < 2; ++b) {
    const auto row = [b](const at::Tensor& x) { return x.slice(0, b, b + 1); };
    const at::Tensor alone =
        run({row(both.sample), row(both.text), row(both.text_embeds), row(both.time_ids), both.timestep});
    EXPECT_LE(largest_difference(row(together), alone), 1e-5);
  }
}

TEST_F(Unet, SizesEmbeddedOnceGiveTheSameBytes) {
  const call given = make_call(2, 2);
  const projected_text text = unet_.project_text(given.text);
  unet_input input{given.sample, given.timestep, &text};
  input.embedded_sizes = unet_.embed_sizes(given.text_embeds, given.time_ids);
  EXPECT_TRUE(at::equal(unet_.forward(input), run(given)));
  input.embedded_sizes = input.embedded_sizes.slice(0, 0, 1);
  EXPECT_THROW(unet_.forward(input), error);
}

TEST_F(Unet, EachRowOfABatchHasItsOwnTimestep) {
  const c10::NoGradGuard inference;
  call both = make_call(2, 2);
  const at::Tensor same = run(both);
  both.timestep = at::tensor({321.5, 5.0});
  const at::Tensor changed = run(both);
  EXPECT_LE(largest_difference(same[0], changed[0]), 1e-5);
  EXPECT_GT(largest_difference(same[1], changed[1]), 1e-3);
}

TEST_F(Unet, WithoutTemporalLayersFramesMayBePermuted) {
  const c10::NoGradGuard inference;
  call given = make_call(1, 4);
  const at::Tensor order = at::tensor({2, 0, 3, 1}, at::kLong);
  const at::Tensor straight = run(given, false).index_select(2, order),
                   with_time = run(given).index_select(2, order);
  given.sample = given.sample.index_select(2, order);
  EXPECT_LE(largest_difference(run(given, false), straight), 1e-5);
  EXPECT_GT(largest_difference(run(given), with_time), 1e-3) << "temporal layers tell frames apart";
}

TEST_F(Unet, ResnetNormsSeeTheWholeClip) {
  const c10::NoGradGuard inference;
  call given = make_call(1, 2);
  const at::Tensor before = run(given, false);
  given.sample.select(2, 1).mul_(3);
  EXPECT_GT(largest_difference(run(given, false).select(2, 0), before.select(2, 0)), 1e-3);
}

TEST_F(Unet2d, FramesAreIndependent) {
  const c10::NoGradGuard inference;
  call given = make_call(2, 3);
  const at::Tensor clip = run(given);
  given.sample = given.sample.slice(2, 1, 2);
  EXPECT_LE(largest_difference(clip.slice(2, 1, 2), run(given)), 1e-5);
}

TEST_F(Unet2d, TakesOddSizes) {
  const c10::NoGradGuard inference;
  EXPECT_EQ(unet_.size_multiple(), 1);
  EXPECT_EQ(unet_.maximum_frames(), 0);
  EXPECT_EQ(run(make_call(1, 1, 5, 7)).sizes(), (std::vector<int64_t>{1, 4, 1, 5, 7}));
}

TEST(PlainUnet, TakesAnyTextAndLooksAtNone) {
  json tree = small_2d();
  tree["down_block_types"] = {"DownBlock2D", "DownBlock2D"};
  tree["up_block_types"] = {"UpBlock2D", "UpBlock2D"};
  tree["mid_block_type"] = "UNetMidBlock2D";
  tree.erase("addition_embed_type");
  unet3d unet{config(tree)};
  draw(unet);
  generator random(5);
  const projected_text text = unet.project_text(random.normal({2, 5, 13}));
  unet_input input;
  input.sample = random.normal({2, 4, 1, 4, 6});
  input.timestep = at::tensor({321.5});
  const at::Tensor without = unet.forward(input);
  input.text = &text;
  EXPECT_TRUE(at::equal(unet.forward(input), without));
}

TEST_F(Unet, InferenceInPlaceGivesWhatTrainingGives) {
  const call given = make_call(2, 3);
  const at::Tensor sample = given.sample.clone(), recorded = run(given);
  const c10::NoGradGuard inference;
  EXPECT_LE(largest_difference(run(given), recorded), 1e-5);
  EXPECT_TRUE(at::equal(given.sample, sample));
}

TEST_F(Unet, GradientsReachEveryParameter) {
  for (const parameter_slot& slot : unet_.slots())
    if (!slot.is_buffer) slot.tensor->set_requires_grad(true);
  run(make_call(1, 3)).square().sum().backward();
  for (const parameter_slot& slot : unet_.slots()) {
    if (slot.is_buffer) continue;
    ASSERT_TRUE(slot.tensor->grad().defined()) << slot.name;
    EXPECT_GT(slot.tensor->grad().abs().max().item<double>(), 0.0) << slot.name;
  }
}

// d/de of f(w + e·direction) at 0, by central differences in f64.
TEST_F(Unet, GradientIsTheSlopeOfTheOutput) {
  unet_.to(at::kCPU, at::kDouble);
  call given = make_call(1, 2);
  for (at::Tensor* x : {&given.sample, &given.text, &given.text_embeds}) *x = x->to(at::kDouble);
  at::Tensor& weight = *unet_.find_child("down_blocks.1.temporal_attentions.0")->slots()[2].tensor;
  const at::Tensor direction = random_.normal(weight.sizes()).to(at::kDouble), start = weight.clone();
  weight.set_requires_grad(true);
  run(given).square().sum().backward();
  const double slope = (weight.grad() * direction).sum().item<double>();
  const c10::NoGradGuard inference;
  const auto loss_at = [&](double step) {
    weight = start + step * direction;
    return run(given).square().sum().item<double>();
  };
  const double h = 1e-5;
  EXPECT_NEAR((loss_at(h) - loss_at(-h)) / (2 * h), slope, 1e-4 * std::max(1.0, std::abs(slope)));
}

TEST_F(Unet, SavedWeightsGiveTheSameOutput) {
  const c10::NoGradGuard inference;
  const call given = make_call(1, 3);
  const at::Tensor before = run(given);
  const auto file = std::filesystem::path(testing::TempDir()) / "zoetrope_unet3d_test.safetensors";
  save_tensors(file, state_of(unet_));
  unet_.release();
  std::vector<safetensors_file> files;
  files.push_back(safetensors_file::open(file));
  load_weights(unet_, files);
  EXPECT_TRUE(at::equal(run(given), before));
  std::filesystem::remove(file);
}

TEST_F(Unet, RefusesWhatDoesNotFit) {
  EXPECT_EQ(unet_.size_multiple(), 2);
  EXPECT_EQ(unet_.maximum_frames(), 24);
  expect_refused(make_call(1, 2, 5, 6), "5x6, wanted multiples of 2");
  expect_refused(make_call(1, 25), "25 frames");
  call given = make_call(2, 2);
  given.text = given.text.slice(0, 0, 1);
  expect_refused(given, "batch of 1");
  given = make_call(1, 2);
  given.sample = given.sample.slice(1, 0, 3);
  expect_refused(given, "[1, 3, 2, 4, 6]");
  given = make_call(1, 2);
  given.text_embeds = random_.normal({1, 9});
  expect_refused(given, "34 wide");
  given = make_call(1, 2);
  given.text_embeds = at::Tensor();
  expect_refused(given, "text_embeds");
  EXPECT_THROW(unet_.project_text(random_.normal({1, 5, 13})), error);
}

// What is wrong with a config, and where it says so.
void expect_not_built(const json& changes, const std::string& wanted) {
  json tree = small();
  tree.update(changes);
  try {
    const unet3d unet(config(tree, "unet/config.json"));
    FAIL() << "no error for " << changes;
  } catch (const error& failure) {
    EXPECT_EQ(failure.kind(), error_kind::bad_input);
    EXPECT_NE(std::string(failure.what()).find(wanted), std::string::npos) << failure.what();
  }
}

TEST(UnetOfParts, RefusesWhatCannotBeBuilt) {
  expect_not_built({{"block_out_channels", {32, 48}}}, "48 channels are not divisible by the 32 groups");
  expect_not_built({{"temporal", {{"type", "transfomer"}}}}, "did you mean 'transformer'?");
  expect_not_built({{"temporal", {{"hedas", 4}}}}, "$.temporal.hedas (did you mean 'heads'?)");
  expect_not_built({{"mid_block", {{"spatial", {{"layout", {{"type", "cross"}}}}}}}}, "needs a text");
  expect_not_built({{"cross", {{"layout", {{"type", "spatial"}}}}}}, "its layout is 'cross'");
  expect_not_built({{"cross", {{"position", {{"type", "sinusoidal"}}}}}}, "wanted 'none'");
  expect_not_built({{"levels", {{"1", {{"temporal", {{"heads", 7}}}}}}}}, "not divisible by 7");
  expect_not_built({{"norm_scope", "clips"}}, "did you mean 'clip'?");
}

TEST_F(Unet, RefusesAWrongNumberOfResiduals) {
  const call given = make_call(1, 2);
  const projected_text text = unet_.project_text(given.text);
  unet_input input{given.sample, given.timestep, &text, given.text_embeds, given.time_ids};
  input.down_residuals.resize(3);
  EXPECT_THROW(unet_.forward(input), error);
}

// Hotshot-XL as released: SDXL's UNet and 15 temporal modules of 22C² + 21C parameters.
TEST(HotshotXl, HasThePublishedParameterCounts) {
  const json tree{{"_class_name", "UNet3DConditionModel"},
                  {"down_block_types", {"DownBlock3D", "CrossAttnDownBlock3D", "CrossAttnDownBlock3D"}},
                  {"up_block_types", {"CrossAttnUpBlock3D", "CrossAttnUpBlock3D", "UpBlock3D"}},
                  {"block_out_channels", {320, 640, 1280}},
                  {"transformer_layers_per_block", {1, 2, 10}},
                  {"attention_head_dim", {5, 10, 20}},
                  {"cross_attention_dim", 2048},
                  {"use_linear_projection", true},
                  {"addition_embed_type", "text_time"},
                  {"addition_time_embed_dim", 256},
                  {"projection_class_embeddings_input_dim", 2816}};
  const unet3d unet{config(tree)};
  int64_t temporal = 0, modules = 0;
  for (const parameter_slot& slot : unet.slots()) {
    EXPECT_FALSE(slot.tensor->defined());
    if (slot.name.find("temporal_attentions") == std::string::npos) continue;
    if (!slot.is_buffer) temporal += c10::multiply_integers(slot.shape);
    modules += slot.name.ends_with(".proj_in.weight");
  }
  EXPECT_EQ(modules, 15);
  int64_t want = 0;
  for (const int64_t c : {320, 640, 1280}) want += 5 * (22 * c * c + 21 * c);
  EXPECT_EQ(temporal, want);
  EXPECT_EQ(unet.parameter_count() - temporal, 2'567'463'684);
  EXPECT_EQ(unet.size_multiple(), 4);
}

}  // namespace
}  // namespace zoetrope
