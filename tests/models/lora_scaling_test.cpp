// alpha / rank by PEFT's rules (peft/tuners/lora/layer.py), wherever alpha stands.
#include "models/lora_scaling.hpp"

#include <gtest/gtest.h>

#include "foreign_parts.hpp"

namespace zoetrope {
namespace {

const lora_layer query{"unet", "mid_block.attentions.0.to_q"}, key{"unet", "mid_block.attentions.0.to_k"},
    text{"text_encoder", "text_model.fc1"};

lora_scaling scaling_of(const std::string& name, const std::map<std::string, std::string>& metadata,
                        const std::string& beside = "") {
  const temporary_folder folder;
  if (!beside.empty()) folder.put("adapter_config.json", beside);
  return lora_scaling(
      safetensors_file::open(put_tensors(folder, "a.safetensors", {{name, at::ones({1})}}, metadata)));
}

lora_scaling with_header(const std::string& header) {
  return scaling_of("a", {{"lora_adapter_metadata", header}});
}

TEST(LoraScaling, IsOneWithoutAlpha) {
  EXPECT_EQ(scaling_of("a", {}).factor(query, 4, {}), 1.0);
  EXPECT_EQ(scaling_of("a", {}).factor(query, 4, 2.0), 0.5);
}

TEST(LoraScaling, ReadsEachComponentsAlphaFromTheHeader) {
  const lora_scaling scaling = with_header(R"({"unet.lora_alpha": 2, "text_encoder.lora_alpha": 16})");
  EXPECT_EQ(scaling.factor(query, 8, {}), 0.25);
  EXPECT_EQ(scaling.factor(text, 8, {}), 2.0);
  EXPECT_EQ(scaling.factor(query, 8, 8.0), 1.0);  // a tensor beside the weights comes first
}

TEST(LoraScaling, HonoursPatterns) {
  const lora_scaling scaling =
      with_header(R"({"unet.lora_alpha": 4, "unet.alpha_pattern": {"to_q": 1, "^to_k$": 9}})");
  EXPECT_EQ(scaling.factor(query, 2, {}), 0.5);
  EXPECT_EQ(scaling.factor(key, 2, {}), 2.0);  // "^to_k$" is a whole name
}

// PEFT: re.match(r"(.*\.)?(pattern)$", layer), the first of the file that does.
TEST(LoraScaling, PatternsAreRegularExpressionsInTheFilesOrder) {
  const lora_scaling scaling = with_header(
      R"({"unet.lora_alpha": 4, "unet.alpha_pattern": {"to_[qv]": 6, "attn1.to_q": 8, ".*k": 10}})");
  EXPECT_EQ(scaling.factor({"unet", "mid_block.attn1.to_q"}, 2, {}), 3.0);
  EXPECT_EQ(scaling.factor({"unet", "mid_block.attn1.to_k"}, 2, {}), 5.0);
  EXPECT_EQ(scaling.factor({"unet", "mid_block.attn1.to_qv"}, 2, {}), 2.0);
  EXPECT_TRUE(mentions(failure_of([] { with_header(R"({"unet.alpha_pattern": {"to_(q": 6}})"); }), "to_(q"));
}

TEST(LoraScaling, DividesByTheRootOfTheRankWhereAsked) {
  const lora_scaling scaling = with_header(R"({"unet.lora_alpha": 6, "unet.use_rslora": true})");
  EXPECT_EQ(scaling.factor(query, 9, {}), 2.0);
}

TEST(LoraScaling, ReadsPeftsConfigBesideItsFile) {
  const std::string config = R"({"lora_alpha": 32, "r": 16})";
  EXPECT_EQ(scaling_of("base_model.model.to_q.lora_A.weight", {}, config).factor(query, 16, {}), 2.0);
  EXPECT_EQ(scaling_of("unet.to_q.lora_A.weight", {}, config).factor(query, 16, {}), 1.0);  // another file's
}

TEST(LoraScaling, RefusesWhatItCannotHonour) {
  EXPECT_TRUE(mentions(failure_of([] { with_header(R"({"unet.use_dora": true})"); }), "DoRA"));
  EXPECT_TRUE(mentions(failure_of([] { with_header("[1]"); }), "wanted an object"));
  EXPECT_TRUE(mentions(failure_of([] { with_header("{"); }), "bad_input"));
  EXPECT_TRUE(mentions(failure_of([] { with_header(R"({"unet.lora_alpha": "x"})"); }), "unet.lora_alpha"));
}

}  // namespace
}  // namespace zoetrope
