#include "models/autoencoder_kl.hpp"

#include <ATen/ATen.h>
#include <c10/core/GradMode.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <set>

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
  return {
      {"block_out_channels", {8, 12, 16}},
      {"down_block_types", json::array({"DownEncoderBlock2D", "DownEncoderBlock2D", "DownEncoderBlock2D"})},
      {"up_block_types", json::array({"UpDecoderBlock2D", "UpDecoderBlock2D", "UpDecoderBlock2D"})},
      {"norm_num_groups", 4},
      {"sample_size", 16}};
}

json changed(json base, const char* key, const json& value) {
  base[key] = value;
  return base;
}

std::unique_ptr<autoencoder_kl> fresh(const json& options) {
  auto model = std::make_unique<autoencoder_kl>(config(options));
  generator random(3);
  model->initialize(random);
  return model;
}

at::Tensor noise(std::vector<int64_t> shape) { return generator(7).normal(shape); }

std::set<std::string> names_of(const module& model) {
  std::set<std::string> names;
  for (const parameter_slot& slot : model.slots()) names.insert(slot.name);
  return names;
}

class VaeGolden : public testing::TestWithParam<const char*> {};

TEST_P(VaeGolden, EveryOutputHolds) {
  const reference_result result = verify_case(fs::path(ZOETROPE_SOURCE_DIR) / "tests/goldens" / GetParam());
  EXPECT_TRUE(result.ok) << joined(result.failures, "\n");
  EXPECT_GE(result.checked, 7u);
}

INSTANTIATE_TEST_SUITE_P(Cases, VaeGolden,
                         testing::Values("02_vae/sdxl_like", "02_vae/three_levels_old_names"),
                         [](const auto& info) { return fs::path(info.param).filename().string(); });

TEST(AutoencoderKl, ABatchIsItsImagesOneByOne) {
  const c10::NoGradGuard no_grad;
  const auto model = fresh(small_config());
  const at::Tensor images = noise({3, 3, 12, 20}), latents = noise({3, 4, 3, 5});
  const at::Tensor mean = model->encode(images).mean, decoded = model->decode(latents);
  for (int64_t row = 0; row < 3; ++row) {
    EXPECT_LT(largest_difference(mean[row], model->encode(images.narrow(0, row, 1)).mean[0]), 1e-5);
    EXPECT_LT(largest_difference(decoded[row], model->decode(latents.narrow(0, row, 1))[0]), 1e-5);
  }
}

TEST(AutoencoderKl, SlicedDecodingGivesTheSameImages) {
  const c10::NoGradGuard no_grad;
  const auto model = fresh(small_config());
  const at::Tensor latents = noise({3, 4, 5, 4});
  EXPECT_LT(largest_difference(model->decode_sliced(latents), model->decode(latents)), 1e-5);
}

TEST(AutoencoderKl, TilingBelowItsMinimumIsPlainCoding) {
  const c10::NoGradGuard no_grad;
  const auto model = fresh(small_config());
  const vae_tiling tiling{.sample_min = 32, .latent_min = 8};
  const at::Tensor image = noise({1, 3, 32, 28}), latents = noise({1, 4, 8, 7});
  EXPECT_TRUE(model->encode_tiled(image, tiling).mean.equal(model->encode(image).mean));
  EXPECT_TRUE(model->decode_tiled(latents, tiling).equal(model->decode(latents)));
}

TEST(AutoencoderKl, TilingKeepsTheSizeAndTheFirstPixels) {
  const c10::NoGradGuard no_grad;
  const auto model = fresh(changed(small_config(), "mid_block_add_attention", false));
  const vae_tiling tiling{.sample_min = 32, .latent_min = 8};
  const at::Tensor latents = noise({2, 4, 17, 9});
  const at::Tensor tiled = model->decode_tiled(latents, tiling);
  EXPECT_EQ(tiled.sizes(), (std::vector<int64_t>{2, 3, 68, 36}));
  const at::Tensor first = model->decode(latents.slice(2, 0, 8).slice(3, 0, 8));
  EXPECT_LT(largest_difference(tiled.slice(2, 0, 24).slice(3, 0, 24), first.slice(2, 0, 24).slice(3, 0, 24)),
            1e-5);
  EXPECT_EQ(model->encode_tiled(noise({1, 3, 68, 36}), tiling).mean.sizes(),
            (std::vector<int64_t>{1, 4, 17, 9}));
}

TEST(AutoencoderKl, ImagesAreRoundedDownToWholeLatentPixels) {
  const c10::NoGradGuard no_grad;
  const auto model = fresh(small_config());
  EXPECT_EQ(model->spatial_factor(), 4);
  EXPECT_EQ(model->encode(noise({1, 3, 15, 22})).mean.sizes(), (std::vector<int64_t>{1, 4, 3, 5}));
  EXPECT_EQ(model->encode(noise({1, 3, 4, 4})).mean.sizes(), (std::vector<int64_t>{1, 4, 1, 1}));
  EXPECT_EQ(failure_of([&] {
              model->encode(noise({1, 3, 16, 3}));
            }),
            "usage: vae encode: got 1 of 16 x 3 pixels, wanted at least one of 4 x 4");
}

TEST(AutoencoderKl, LogVarianceIsClamped) {
  const c10::NoGradGuard no_grad;
  const auto model = fresh(small_config());
  for (const parameter_slot& slot : model->slots())
    if (slot.name.starts_with("quant_conv")) slot.tensor->mul_(1e4);
  const latent_distribution latents = model->encode(noise({1, 3, 16, 16}));
  EXPECT_EQ(latents.logvar.max().item<float>(), 20.0f);
  EXPECT_EQ(latents.logvar.min().item<float>(), -30.0f);
  EXPECT_LT(largest_difference(latents.standard_deviation().log() * 2, latents.logvar), 1e-4);
}

TEST(AutoencoderKl, GradientReachesEveryParameter) {
  const auto model = fresh(small_config());
  for (const parameter_slot& slot : model->slots()) slot.tensor->set_requires_grad(true);
  const latent_distribution latents = model->encode(noise({2, 3, 8, 12}));
  (model->decode(latents.mean).square().sum() + latents.logvar.square().sum()).backward();
  for (const parameter_slot& slot : model->slots()) {
    ASSERT_TRUE(slot.tensor->grad().defined()) << slot.name;
    // a shift of all keys moves every score of a row alike, which softmax does not see
    if (slot.name.ends_with("to_k.bias")) continue;
    EXPECT_GT(slot.tensor->grad().abs().max().item<double>(), 0) << slot.name;
  }
}

TEST(AutoencoderKl, GradientIsTheSlope) {
  const auto model = fresh(changed(small_config(), "act_fn", "mish"));
  model->to(at::kCPU, at::kDouble);
  const at::Tensor latents = noise({1, 4, 2, 3}).to(at::kDouble),
                   direction = generator(9).normal({1, 4, 2, 3}).to(at::kDouble);
  const at::Tensor at_latents = latents.clone().set_requires_grad(true);
  model->decode(at_latents).square().sum().backward();
  const double slope = (at_latents.grad() * direction).sum().item<double>();
  const c10::NoGradGuard no_grad;
  const double step = 1e-5;
  const auto loss = [&](double along) {
    return model->decode(latents + along * direction).square().sum().item<double>();
  };
  EXPECT_NEAR((loss(step) - loss(-step)) / (2 * step), slope, 1e-5 * std::abs(slope));
}

TEST(AutoencoderKl, SavedWeightsLoadToTheSameModel) {
  const c10::NoGradGuard no_grad;
  const fs::path file = fs::path(testing::TempDir()) / "autoencoder_kl.safetensors";
  const auto saved = fresh(small_config());
  save_tensors(file, state_of(*saved));
  autoencoder_kl loaded{config(small_config())};
  load_weights(loaded, {safetensors_file::open(file)});
  const tensor_map want = state_of(*saved), got = state_of(loaded);
  ASSERT_EQ(got.size(), want.size());
  for (const auto& [name, tensor] : want) EXPECT_TRUE(got.at(name).equal(tensor)) << name;
  const at::Tensor image = noise({1, 3, 16, 12});
  EXPECT_LT(largest_difference(loaded.encode(image).mean, saved->encode(image).mean), 1e-5);
  fs::remove(file);
}

TEST(AutoencoderKl, OldAttentionKeysGetTodaysNames) {
  const autoencoder_kl model{config(small_config())};
  const std::string attention = "decoder.mid_block.attentions.0.";
  const std::set<std::string> names = names_of(model);
  for (const auto& [old_name, name] : std::map<std::string, std::string>{{"query", "to_q"},
                                                                         {"key", "to_k"},
                                                                         {"value", "to_v"},
                                                                         {"proj_attn", "to_out.0"},
                                                                         {"group_norm", "group_norm"}})
    for (const char* leaf : {".weight", ".bias"}) {
      EXPECT_EQ(model.canonical_key(attention + old_name + leaf), attention + name + leaf);
      EXPECT_TRUE(names.count(attention + name + leaf)) << name;
    }
  EXPECT_EQ(model.canonical_key("query.weight"), "query.weight");
  EXPECT_EQ(model.canonical_key(".weight"), ".weight");
  EXPECT_EQ(model.canonical_key(""), "");
}

TEST(AutoencoderKl, OptionsAddAndRemoveLayers) {
  const auto names = [](const json& options) { return names_of(autoencoder_kl{config(options)}); };
  const json base = small_config();
  EXPECT_EQ(names(base).count("encoder.mid_block.attentions.0.to_q.bias"), 1u);
  EXPECT_EQ(names(changed(base, "mid_block_add_attention", false))
                .count("encoder.mid_block.attentions.0.to_q.bias"),
            0u);
  EXPECT_EQ(names(changed(base, "use_quant_conv", false)).count("quant_conv.weight"), 0u);
  EXPECT_EQ(names(changed(base, "use_post_quant_conv", false)).count("post_quant_conv.weight"), 0u);
  EXPECT_EQ(names(changed(base, "layers_per_block", 2)).count("decoder.up_blocks.2.resnets.2.conv1.weight"),
            1u);
  const json mixed = changed(base, "up_block_types",
                             json::array({"AttnUpDecoderBlock2D", "UpDecoderBlock2D", "UpDecoderBlock2D"}));
  EXPECT_EQ(names(mixed).count("decoder.up_blocks.0.attentions.1.to_out.0.weight"), 1u);
  EXPECT_EQ(names(mixed).count("decoder.up_blocks.1.attentions.0.to_out.0.weight"), 0u);
}

TEST(AutoencoderKl, TheActivationIsTheConfigs) {
  const c10::NoGradGuard no_grad;
  const at::Tensor latents = noise({1, 4, 3, 3});
  const auto decoded = [&](const char* act) {
    return fresh(changed(small_config(), "act_fn", act))->decode(latents);
  };
  EXPECT_TRUE(decoded("silu").equal(decoded("Swish")));
  for (const char* act : {"mish", "gelu", "relu"})
    EXPECT_GT(largest_difference(decoded(act), decoded("silu")), 1e-4) << act;
}

TEST(AutoencoderKl, ScalingIsUndoneByUnscaling) {
  const at::Tensor latents = noise({1, 4, 2, 3, 3});
  const autoencoder_kl shifted{
      config(changed(changed(small_config(), "scaling_factor", 0.5), "shift_factor", 0.25))};
  EXPECT_LT(largest_difference(shifted.scaled(latents), (latents - 0.25) * 0.5), 1e-6);
  EXPECT_LT(largest_difference(shifted.unscaled(shifted.scaled(latents)), latents), 1e-5);
  const autoencoder_kl normed{config(
      changed(changed(changed(small_config(), "scaling_factor", 0.5), "latents_mean", {1.0, 2.0, 3.0, 4.0}),
              "latents_std", {0.5, 1.0, 2.0, 4.0}))};
  EXPECT_LT(largest_difference(normed.scaled(latents).select(1, 2), (latents.select(1, 2) - 3) * 0.5 / 2),
            1e-6);
  EXPECT_LT(largest_difference(normed.unscaled(normed.scaled(latents)), latents), 1e-5);
}

TEST(AutoencoderKl, ConfigErrorsNameKeyGotAndWanted) {
  const auto message = [](const char* key, const json& value) {
    return failure_of([&] { autoencoder_kl{config(changed(small_config(), key, value))}; });
  };
  const auto expect = [&](const char* key, const json& value, const std::string& part) {
    EXPECT_NE(message(key, value).find(part), std::string::npos)
        << message(key, value) << "\nlacks: " << part;
  };
  expect("act_fn", "sulu", "did you mean 'silu'?");
  expect("act_fn", "sulu", "act_fn");
  expect("down_block_types", json::array({"DownEncoderBlock2D", "DownBlock3D", "DownEncoderBlock2D"}),
         "got 'DownBlock3D', wanted DownEncoderBlock2D or AttnDownEncoderBlock2D");
  expect("up_block_types", json::array({"UpDecoderBlock2D"}),
         "up_block_types: got 1 blocks, wanted one for each of the 3");
  expect("block_out_channels", json::array({8, 12, 15}), "15 channels are not divisible by 4 groups");
  expect("block_out_channels", json::array(), "got 0 levels");
  expect("block_out_channels", json::array({8, -12, 16}), "got -12, wanted 1 to 65536");
  expect("layers_per_block", 100000000, "got 100000000, wanted 1 to 1000");
  expect("latents_mean", json::array({1.0}), "");
  EXPECT_NE(
      failure_of([&] {
        autoencoder_kl{config(changed(changed(small_config(), "latents_mean", {1.0}), "latents_std", {1.0}))};
      }).find("got 1 and 1 entries, wanted 4"),
      std::string::npos);
}

TEST(AutoencoderKl, TensorsOfTheWrongShapeAreNamed) {
  const auto model = fresh(small_config());
  EXPECT_EQ(failure_of([&] {
              model->decode(noise({1, 3, 4, 4}));
            }),
            "usage: vae decode: got a tensor of [1, 3, 4, 4], wanted [batch, 4, height, width]");
  EXPECT_THROW(model->decode(noise({1, 4, 2, 4, 4})), error);
  EXPECT_THROW(model->decode_sliced(noise({0, 4, 4, 4})), error);
  EXPECT_THROW(model->encode(noise({1, 4, 16, 16})), error);
  EXPECT_THROW(model->decode_tiled(noise({1, 4, 9, 9}), {.sample_min = 4, .latent_min = 1}), error);
  EXPECT_THROW(model->decode_tiled(noise({1, 4, 9, 9}), {.sample_min = 32, .latent_min = 8, .overlap = 1.0}),
               error);
  EXPECT_THROW(model->decode_tiled(noise({1, 4, 9}), {.sample_min = 32, .latent_min = 8}), error);
}

}  // namespace
}  // namespace zoetrope
