// What a UNet's config.json may say, and that each refusal names the key.
#include "models/unet_options.hpp"

#include <gtest/gtest.h>

namespace zoetrope {
namespace {

json small() {
  return {{"_class_name", "UNet3DConditionModel"},
          {"down_block_types", {"DownBlock3D", "CrossAttnDownBlock3D"}},
          {"up_block_types", {"CrossAttnUpBlock3D", "UpBlock3D"}},
          {"block_out_channels", {32, 64}},
          {"norm_num_groups", 8},
          {"attention_head_dim", {2, 4}},
          {"cross_attention_dim", 12}};
}

unet_options read(const json& changes) {
  json tree = small();
  for (const auto& [key, value] : changes.items()) tree[key] = value;
  return unet_options::read(config(tree, "unet/config.json"));
}

TEST(UnetOptions, EmptyTwoDimensionalConfigHasTheDefaultsOfDiffusers) {
  const unet_options options = unet_options::read(config(json{{"_class_name", "UNet2DConditionModel"}}));
  ASSERT_EQ(options.down.size(), 4u);
  EXPECT_FALSE(options.video);
  EXPECT_TRUE(options.down[0].cross_attention);
  EXPECT_FALSE(options.down[3].cross_attention);
  EXPECT_FALSE(options.up[0].cross_attention);
  EXPECT_EQ(options.down[3].out_channels, 1280);
  EXPECT_EQ(options.down[2].layers, 2);
  EXPECT_EQ(options.up[2].layers, 3);
  EXPECT_EQ(options.down[0].heads, 8);
  EXPECT_EQ(options.time_channels, 1280);
  EXPECT_EQ(options.cross_attention_dim, 1280);
  EXPECT_TRUE(options.mid.has_value());
}

TEST(UnetOptions, NullMidBlockMeansNone) {
  EXPECT_TRUE(read({}).mid.has_value());
  EXPECT_FALSE(read({{"mid_block_type", nullptr}}).mid.has_value());
}

TEST(UnetOptions, ListsAreMirroredOnTheWayUp) {
  const unet_options options = read({{"layers_per_block", {1, 3}}, {"transformer_layers_per_block", {1, 5}}});
  EXPECT_EQ(options.down[1].layers, 3);
  EXPECT_EQ(options.up[0].layers, 4);
  EXPECT_EQ(options.up[1].layers, 2);
  EXPECT_EQ(options.up[0].depths, std::vector<int64_t>(4, 5));
  EXPECT_EQ(options.up[0].heads, 4);
}

TEST(UnetOptions, OneDepthIsForAsManyResnetsAsEachLevelHas) {
  const unet_options options = read({{"layers_per_block", {1, 3}}, {"transformer_layers_per_block", 2}});
  EXPECT_EQ(options.down[0].depths, std::vector<int64_t>(1, 2));
  EXPECT_EQ(options.down[1].depths, std::vector<int64_t>(3, 2));
  EXPECT_EQ(options.up[0].depths, std::vector<int64_t>(4, 2));
}

TEST(UnetOptions, DepthsMayDifferBetweenResnets) {
  const json changes{{"layers_per_block", 2},
                     {"transformer_layers_per_block", {1, {4, 2}}},
                     {"reverse_transformer_layers_per_block", {{4, 3, 2}, 1}}};
  const unet_options options = read(changes);
  EXPECT_EQ(options.down[1].depths, (std::vector<int64_t>{4, 2}));
  EXPECT_EQ(options.up[0].depths, (std::vector<int64_t>{4, 3, 2}));
  EXPECT_EQ(options.up[1].depths, (std::vector<int64_t>{1, 1, 1}));
}

TEST(UnetOptions, SkipChannelsFollowTheWayDown) {
  const unet_options options = read({});
  EXPECT_EQ(options.up[0].skip_channels, 32);
  EXPECT_EQ(options.up[1].in_channels, 64);
  EXPECT_EQ(options.up[1].skip_channels, 32);
  EXPECT_TRUE(options.up[0].resample);
  EXPECT_FALSE(options.up[1].resample);
}

struct refusal {
  const char* key;
  json value;
};

class Refused : public testing::TestWithParam<refusal> {};

TEST_P(Refused, NamesTheKey) {
  try {
    read({{GetParam().key, GetParam().value}});
    FAIL() << "no error";
  } catch (const error& failure) {
    EXPECT_EQ(failure.kind(), error_kind::bad_input);
    EXPECT_NE(std::string(failure.what()).find(GetParam().key), std::string::npos) << failure.what();
    EXPECT_NE(std::string(failure.what()).find("unet/config.json"), std::string::npos) << failure.what();
  }
}

INSTANTIATE_TEST_SUITE_P(
    UnetOptions, Refused,
    testing::Values(refusal{"class_embed_type", "timestep"}, refusal{"num_class_embeds", 10},
                    refusal{"dual_cross_attention", true}, refusal{"class_embeddings_concat", true},
                    refusal{"time_embedding_type", "fourier"}, refusal{"attention_type", "gated"},
                    refusal{"encoder_hid_dim_type", "image_proj"},
                    refusal{"addition_embed_type", "text_image"}, refusal{"act_fn", "mish"},
                    refusal{"resnet_time_scale_shift", "ada_group"}, refusal{"norm_num_groups", nullptr},
                    refusal{"norm_num_groups", 7}, refusal{"norm_num_groups", 0},
                    refusal{"block_out_channels", {32, 64, 64}}, refusal{"block_out_channels", {32, -64}},
                    refusal{"block_out_channels", {32, 1 << 20}}, refusal{"attention_head_dim", {2, 128}},
                    refusal{"attention_head_dim", {2, 4, 8}}, refusal{"attention_head_dim", 0},
                    refusal{"layers_per_block", 2000}, refusal{"layers_per_block", "two"},
                    refusal{"transformer_layers_per_block", {1, {1, 2}}},
                    refusal{"mid_block_type", "UNetMidBlock2DSimpleCrossAttn"},
                    refusal{"down_block_types", {"DownBlock3D", "AttnDownBlock2D"}},
                    refusal{"down_block_types", json::array()}, refusal{"up_block_types", {"UpBlock3D"}},
                    refusal{"conv_in_kernel", 0}, refusal{"in_channels", -4}));

TEST(UnetOptions, PartsOfABlockAreThoseOfItsLevelLaidOverTheWholeNets) {
  const unet_options options =
      read({{"temporal", {{"zero_init", true}, {"heads", 4}}},
            {"levels", {{"1", {{"temporal", {{"heads", 2}}}, {"norm_scope", "frame"}}}}},
            {"up_blocks", {{"1", {{"temporal", {{"depth", 3}}}}}}}});
  const auto temporal = [](const unet_block_options& block) { return block.parts.temporal.value(); };
  EXPECT_EQ(temporal(options.down[0]), (json{{"zero_init", true}, {"heads", 4}}));
  EXPECT_EQ(temporal(options.down[1]), (json{{"zero_init", true}, {"heads", 2}}));
  EXPECT_EQ(temporal(options.up[0]), (json{{"zero_init", true}, {"heads", 2}}));
  EXPECT_EQ(temporal(options.up[1]), (json{{"zero_init", true}, {"heads", 4}, {"depth", 3}}));
}

TEST(UnetOptions, AnotherTypeStartsFromItsOwnDefaults) {
  const unet_options options = read({{"temporal", {{"type", "transformer"}, {"heads", 4}}},
                                     {"down_blocks", {{"0", {{"temporal", {{"type", "none"}}}}}}}});
  EXPECT_EQ(options.down[0].parts.temporal.value(), (json{{"type", "none"}}));
}

TEST(UnetOptions, ATypeThatIsNotNamedIsTheUsualOne) {
  const unet_options options =
      read({{"temporal", {{"heads", 4}, {"pattern", {{"type", "causal"}}}}},
            {"levels", {{"0", {{"temporal", {{"type", "none"}}}}}}},
            {"up_blocks", {{"0", {{"temporal", {{"type", "transformer"}, {"depth", 2}}}}}}}});
  EXPECT_EQ(options.down[0].parts.temporal.value(), (json{{"type", "none"}}));
  EXPECT_EQ(options.up[0].parts.temporal.value(),
            (json{{"type", "transformer"}, {"heads", 4}, {"depth", 2}, {"pattern", {{"type", "causal"}}}}));
}

TEST(UnetOptions, PlacementSaysWhereTemporalModulesAre) {
  const unet_options options = read({{"temporal", {{"placement", {"up", "mid", "conv_in"}}}}});
  EXPECT_FALSE(options.down[0].temporal);
  EXPECT_TRUE(options.mid->temporal);
  EXPECT_TRUE(options.up[1].temporal);
  EXPECT_TRUE(options.temporal_in.has_value());
  EXPECT_THROW(read({{"temporal", {{"placement", {"middle"}}}}}), error);
}

TEST(UnetOptions, BlocksThatSeeTextMustAgreeOnItsWidth) {
  EXPECT_EQ(read({{"cross_attention_dim", {99, 12}}}).cross_attention_dim, 12);
  const json both{{"down_block_types", {"CrossAttnDownBlock3D", "CrossAttnDownBlock3D"}},
                  {"cross_attention_dim", {99, 12}}};
  EXPECT_THROW(read(both), error);
}

}  // namespace
}  // namespace zoetrope
