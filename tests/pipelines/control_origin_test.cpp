// Loading ControlNets beside a model: one that does not fit is refused on its config, before any weights are
// read.
#include "pipelines/control_origin.hpp"

#include <gtest/gtest.h>

#include <fstream>
#include <random>

#include "sample_models.hpp"

namespace zoetrope {
namespace {

namespace fs = std::filesystem;

const fs::path& sample_net() {
  static const fs::path folder = random_model_folder().parent_path() / "controlnet";
  return folder;
}

/// A folder with the sample net's config, one key changed, and no weights.
class net_folder {
 public:
  explicit net_folder(const std::string& key = "_class_name", const json& value = "ControlNetModel")
      : root_(fs::path(testing::TempDir()) / concat("zoetrope-net-", std::random_device()())) {
    json tree = config::load(sample_net() / "config.json").value();
    tree[key] = value;
    fs::create_directories(root_);
    std::ofstream(root_ / "config.json") << tree.dump(1);
  }
  ~net_folder() { fs::remove_all(root_); }
  net_folder(const net_folder&) = delete;
  const fs::path& path() const { return root_; }

 private:
  fs::path root_;
};

text_to_video_model load_with(const std::vector<fs::path>& nets, bool weights = false) {
  model_load_options options;
  options.weights = weights;
  options.controlnets = nets;
  return load_text_to_video_model(model_directory::open(random_model_folder().string()), options);
}

TEST(ControlOrigin, NetsAreLoadedInTheirOrder) {
  const text_to_video_model model = load_with({sample_net(), sample_net()}, /*weights=*/true);
  ASSERT_EQ(model.controlnets.size(), 2u);
  for (const auto& net : model.controlnets)
    for (const parameter_slot& slot : net->slots()) EXPECT_TRUE(slot.tensor->defined()) << slot.name;
}

TEST(ControlOrigin, WithoutWeightsNetsAreBuiltAndChecked) {
  const text_to_video_model model = load_with({sample_net()});
  ASSERT_EQ(model.controlnets.size(), 1u);
  EXPECT_EQ(model.controlnets[0]->pixel_factor(), 2);
  for (const parameter_slot& slot : model.controlnets[0]->slots()) EXPECT_FALSE(slot.tensor->defined());
}

TEST(ControlOrigin, WhatIsNoControlNetIsRefused) {
  ZT_EXPECT_ERROR(bad_input, "no such folder", load_with({"/nowhere/at/all"}));
  ZT_EXPECT_ERROR(bad_input, "class 'UNet3DConditionModel' is not known here as a ControlNet",
                  load_with({random_model_folder() / "unet"}));
  ZT_EXPECT_ERROR(bad_input, "controlnet", load_with({random_model_folder()}));
  ZT_EXPECT_ERROR(bad_input, "wanted 'rgb' or 'bgr'",
                  load_with({net_folder("controlnet_conditioning_channel_order", "rbg").path()}));
}

struct misfit {
  const char* key;
  json value;
  const char *message, *other_file;
};

class ControlMisfit : public testing::TestWithParam<misfit> {};

TEST_P(ControlMisfit, IsNamedWithBothFiles) {
  const net_folder net(GetParam().key, GetParam().value);
  const error failure = thrown_by([&] { load_with({net.path()}); });
  EXPECT_EQ(failure.kind(), error_kind::bad_input);
  const std::string message = failure.what();
  for (const std::string& part : {(net.path() / "config.json").string(), std::string(GetParam().message),
                                  std::string(GetParam().other_file)})
    EXPECT_NE(message.find(part), std::string::npos) << message << "\nwanted " << part;
}

INSTANTIATE_TEST_SUITE_P(
    , ControlMisfit,
    testing::Values(
        misfit{"cross_attention_dim", 48, "cross_attention_dim 48, wanted 40", "unet/config.json"},
        misfit{"block_out_channels",
               {32, 32, 64},
               "block_out_channels [32, 32, 64], wanted [32, 32, 32]",
               "unet/config.json"},
        misfit{"layers_per_block", 2, "layers_per_block [2, 2, 2], wanted [1, 1, 1]", "unet/config.json"},
        misfit{"in_channels", 9, "in_channels 9, wanted 4", "unet/config.json"},
        misfit{"projection_class_embeddings_input_dim", 72,
               "projection_class_embeddings_input_dim 72, wanted 64", "text_encoder_2/config.json"},
        misfit{"conditioning_embedding_out_channels",
               {8, 16, 16},
               "conditioning_embedding_out_channels for 4 pixels to a latent one, wanted 2",
               "vae/config.json"}),
    [](const auto& info) { return std::string(info.param.key); });

}  // namespace
}  // namespace zoetrope
