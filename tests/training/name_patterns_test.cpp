#include "training/name_patterns.hpp"

#include <gtest/gtest.h>

namespace zoetrope {
namespace {

TEST(NamePatterns, StarsStandForAnyRun) {
  EXPECT_TRUE(matches("unet.*", "unet.conv_in.weight"));
  EXPECT_TRUE(matches("*temporal*", "unet.down_blocks.0.temporal_attentions.1.norm.bias"));
  EXPECT_TRUE(matches("*.to_q.weight", "a.to_q.b.to_q.weight"));  // goes back to a later place
  EXPECT_TRUE(matches("**", ""));
  EXPECT_TRUE(matches("a*b*c", "abbc"));
  EXPECT_FALSE(matches("a*b*c", "acb"));
  EXPECT_FALSE(matches("unet", "unet.conv_in"));
  EXPECT_FALSE(matches("", "a"));
  EXPECT_FALSE(matches("a.c", "abc"));  // dots are dots
}

TEST(NamePatterns, TheLastThatFitsDecides) {
  const name_patterns chosen({"unet.*", "!*.norm*", "unet.norm_out.*"});
  EXPECT_TRUE(chosen.match("unet.conv_in.weight"));
  EXPECT_FALSE(chosen.match("unet.block.norm1.weight"));
  EXPECT_TRUE(chosen.match("unet.norm_out.weight"));
  EXPECT_FALSE(chosen.match("vae.conv_in.weight"));
}

TEST(NamePatterns, TellsThoseThatFitNothing) {
  const name_patterns chosen({"unet.*", "!*.nrom*"});
  EXPECT_EQ(chosen.idle({"unet.norm.weight"}), std::vector<std::string>{"!*.nrom*"});
}

}  // namespace
}  // namespace zoetrope
