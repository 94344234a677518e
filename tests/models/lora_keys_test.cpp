// Names as they stand in published LoRA files of each layout.
#include "models/lora_keys.hpp"

#include <gtest/gtest.h>

#include "foreign_parts.hpp"
#include "models/clip_text_encoder.hpp"
#include "models/unet3d.hpp"

namespace zoetrope {
namespace {

struct key_case {
  const char *key, *layer;
  lora_tensor tensor;
};

class LoraKey : public testing::TestWithParam<key_case> {};

TEST_P(LoraKey, IsSplitIntoLayerAndTensor) {
  const lora_key got = parse_lora_key(GetParam().key);
  EXPECT_EQ(got.layer, GetParam().layer);
  EXPECT_EQ(got.tensor, GetParam().tensor);
}

INSTANTIATE_TEST_SUITE_P(
    , LoraKey,
    testing::Values(key_case{"unet.conv_in.lora_A.weight", "unet.conv_in", lora_tensor::down},
                    key_case{"unet.conv_in.lora_B.default.weight", "unet.conv_in", lora_tensor::up},
                    key_case{"base_model.model.down_blocks.0.attn1.to_q.lora_B.weight",
                             "down_blocks.0.attn1.to_q", lora_tensor::up},
                    key_case{"unet.mid_block.attn1.to_k.lora.down.weight", "unet.mid_block.attn1.to_k",
                             lora_tensor::down},
                    key_case{"text_encoder.text_model.fc1.lora_linear_layer.up.weight",
                             "text_encoder.text_model.fc1", lora_tensor::up},
                    key_case{"unet.mid_block.attn1.processor.to_out_lora.down.weight",
                             "unet.mid_block.attn1.to_out.0", lora_tensor::down},
                    key_case{"mid_block.attn1.processor.to_v_lora.up.weight", "mid_block.attn1.to_v",
                             lora_tensor::up},
                    key_case{"unet.mid_block.attn1.processor.to_q_lora.alpha", "unet.mid_block.attn1.to_q",
                             lora_tensor::alpha},
                    key_case{"text_encoder.text_model.layers.0.self_attn.to_out_lora.up.weight",
                             "text_encoder.text_model.layers.0.self_attn.out_proj", lora_tensor::up},
                    key_case{"text_encoder.text_model.layers.0.self_attn.to_k_lora.up.weight",
                             "text_encoder.text_model.layers.0.self_attn.k_proj", lora_tensor::up},
                    key_case{"lora_unet_input_blocks_4_1_proj_in.lora_down.weight",
                             "lora_unet_input_blocks_4_1_proj_in", lora_tensor::down},
                    key_case{"lora_te1_text_model_encoder_layers_0_mlp_fc1.alpha",
                             "lora_te1_text_model_encoder_layers_0_mlp_fc1", lora_tensor::alpha}));

struct foreign_case {
  const char *key, *kind;
};

class ForeignLoraKey : public testing::TestWithParam<foreign_case> {};

TEST_P(ForeignLoraKey, IsRefusedByItsKind) {
  const std::string failure = failure_of([&] { (void)parse_lora_key(GetParam().key); });
  EXPECT_TRUE(mentions(failure, "bad_input: ")) << failure;
  EXPECT_TRUE(mentions(failure, GetParam().key));
  EXPECT_TRUE(mentions(failure, GetParam().kind));
}

INSTANTIATE_TEST_SUITE_P(, ForeignLoraKey,
                         testing::Values(foreign_case{"lora_unet_conv_in.dora_scale", "DoRA"},
                                         foreign_case{"unet.conv_in.lora_magnitude_vector", "DoRA"},
                                         foreign_case{"lora_unet_conv_in.hada_w1_a", "LoHa"},
                                         foreign_case{"lora_unet_conv_in.lokr_w2", "LoKr"},
                                         foreign_case{"lora_unet_conv_in.lora_mid.weight", "Tucker"},
                                         foreign_case{"lora_unet_conv_in.oft_blocks", "OFT"},
                                         foreign_case{"lora_unet_conv_in.diff", "difference of a weight"},
                                         foreign_case{"lora_unet_conv_in.diff_b", "difference of a bias"},
                                         foreign_case{"bundle_emb.token.string_to_param",
                                                      "textual inversion"},
                                         foreign_case{"unet.conv_in.lora_B.bias", "bias"},
                                         foreign_case{"unet.conv_in.weight", "no LoRA layout"}));

TEST(LoraLayerNames, KnowEachLayerByEveryLayoutsName) {
  const unet3d unet(sdxl_config("unet"));
  const clip_text_encoder text(sdxl_config("text_encoder")), text_2(sdxl_config("text_encoder_2"));
  const lora_layer_names names({{"unet", &unet}, {"text_encoder", &text}, {"text_encoder_2", &text_2}});
  const lora_layer query{"unet", "down_blocks.1.attentions.0.transformer_blocks.0.attn1.to_q"};
  for (const char* name : {"unet.down_blocks.1.attentions.0.transformer_blocks.0.attn1.to_q",
                           "down_blocks.1.attentions.0.transformer_blocks.0.attn1.to_q",
                           "lora_unet_down_blocks_1_attentions_0_transformer_blocks_0_attn1_to_q",
                           "lora_unet_input_blocks_4_1_transformer_blocks_0_attn1_to_q",
                           "diffusion_model.input_blocks.4.1.transformer_blocks.0.attn1.to_q"}) {
    ASSERT_NE(names.find(name), nullptr) << name;
    EXPECT_EQ(*names.find(name), query) << name;
  }
  const lora_layer first{"text_encoder", "text_model.encoder.layers.3.self_attn.q_proj"};
  for (const char* name : {"lora_te1_text_model_encoder_layers_3_self_attn_q_proj",
                           "lora_te_text_model_encoder_layers_3_self_attn_q_proj",
                           "text_encoder.text_model.encoder.layers.3.self_attn.q_proj",
                           "text_encoder.encoder.layers.3.self_attn.q_proj"}) {
    ASSERT_NE(names.find(name), nullptr) << name;
    EXPECT_EQ(*names.find(name), first) << name;
  }
  ASSERT_NE(names.find("lora_te2_text_model_encoder_layers_31_mlp_fc2"), nullptr);
  EXPECT_EQ(names.find("lora_te2_text_model_encoder_layers_31_mlp_fc2")->component, "text_encoder_2");
  EXPECT_EQ(names.find("lora_te1_text_model_encoder_layers_12_mlp_fc2"), nullptr);  // it has 12 layers
}

TEST(LoraLayerNames, AreOfLayersWithAWeightAlone) {
  const unet3d unet(sdxl_config("unet"));
  const lora_layer_names names({{"unet", &unet}});
  EXPECT_NE(names.find("unet.conv_out"), nullptr);
  EXPECT_EQ(names.find("unet.conv_norm_out"), nullptr);
  EXPECT_EQ(names.find("lora_unet_out_0"), nullptr);
  EXPECT_NE(names.find("lora_unet_out_2"), nullptr);
  EXPECT_EQ(names.find("unet.down_blocks"), nullptr);
}

TEST(LoraLayerNames, KnowTemporalLayersByEveryMotionFamilysName) {
  const unet3d unet(preset_config("hotshot-xl", "unet"));
  const lora_layer_names names({{"unet", &unet}});
  const lora_layer query{"unet",
                         "up_blocks.1.temporal_attentions.2.transformer_blocks.0.attention_blocks.1.to_q"};
  // The keys of AnimateDiff's published motion LoRAs, of diffusers' and of PEFT's.
  for (const char* key :
       {"up_blocks.1.motion_modules.2.temporal_transformer.transformer_blocks.0.attention_blocks.1.processor."
        "to_q_lora"
        ".down.weight",
        "unet.up_blocks.1.motion_modules.2.transformer_blocks.0.attn2.processor.to_q_lora.down.weight",
        "unet.up_blocks.1.motion_modules.2.transformer_blocks.0.attn2.to_q.lora_A.weight"}) {
    const lora_layer* layer = names.find(parse_lora_key(key).layer);
    ASSERT_NE(layer, nullptr) << key;
    EXPECT_EQ(*layer, query) << key;
  }
}

}  // namespace
}  // namespace zoetrope
