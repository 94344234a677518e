// Swapping parts of the demo's model by a flag, TorchScript programs of docs/plugins.md among them.
#include "small_generation.hpp"

namespace zoetrope {
namespace {

const std::filesystem::path examples = std::filesystem::path(ZOETROPE_SOURCE_DIR) / "docs/examples";

TEST(SwappedParts, ByAFlagOrASet) {
  expect_clip({"--unet", "temporal.position.type=none"}, true);
  expect_clip({"--set", "unet.up_blocks.1.temporal.type=none"}, true);
  expect_clip({"--unet", "temporal.pattern.type=full"}, false);
  expect_clip({"--unet", "temporal.pattern.type=causal", "--unet", "levels.0.temporal.type=none"}, true);
}

TEST(SwappedParts, AreProfiledToo) {
  const program_result plain = run({.arguments = {"profile", "--steps", "1", "--json"}}),
                       swapped = run({.arguments = {"profile", "--steps", "1", "--unet", "temporal.type=none",
                                                    "--unet", "resnet.temporal.type=conv", "--json"}});
  ASSERT_EQ(swapped.exit_code, 0) << swapped.err;
  const nlohmann::json before = plain.json(), after = swapped.json();
  EXPECT_TRUE(before.at("parts_ms").contains("temporal_transformer"));
  EXPECT_FALSE(after.at("parts_ms").contains("temporal_transformer"));
  EXPECT_TRUE(after.at("parts_ms").contains("temporal_behind_resnet"));
}

TEST(SwappedParts, AModelOfOtherPartsIsMadeAndRuns) {
  const temporary_folder folder;
  const program_result made =
      run({.arguments = {"init", "--preset", "tiny", "--set", "unet.temporal.position.type=mlp_bias", "--set",
                         "unet.resnet.type=full_3d", "model"},
           .folder = folder.path()});
  ASSERT_EQ(made.exit_code, 0) << made.err;
  EXPECT_EQ(generate(folder, {"--pretrained_path", "model"}, "x.gif").exit_code, 0);
}

TEST(SwappedParts, SayWhatIsFreshAndRefuseWhatCannotBe) {
  const temporary_folder folder;
  const program_result deeper = generate(folder, {"--unet", "temporal.depth=2"}, "deep.gif");
  EXPECT_EQ(deeper.exit_code, 0);
  EXPECT_NE(deeper.err.find("are fresh"), std::string::npos) << deeper.err;
  const program_result wrong = generate(folder, {"--unet", "temporal.position.type=rop"}, "x.gif");
  EXPECT_EQ(wrong.exit_code, 3);
  EXPECT_NE(wrong.err.find("$.temporal.position"), std::string::npos) << wrong.err;
}

TEST(TorchScript, ExamplesOfTheDocsRun) {
  const std::string smoothing = (examples / "temporal_smoothing.py").string(),
                    sharpened = (examples / "sharpened_attention.py").string();
  expect_clip({"--unet", "conv_in.temporal.type=torchscript", "--unet", "conv_in.temporal.path=" + smoothing,
               "--unet", R"(temporal.placement=["down","up","conv_in"])"},
              true);
  expect_clip({"--unet", "temporal.backend.type=torchscript", "--unet", "temporal.backend.path=" + sharpened},
              true);
}

TEST(TorchScript, SaysWhatIsWrongWithAProgram) {
  const temporary_folder folder;
  const auto broken = folder.put("broken.py", "def forward(self, x:\n");
  const program_result result = generate(
      folder, {"--unet", "temporal.type=torchscript", "--unet", "temporal.path=" + broken.string()}, "x.gif");
  EXPECT_EQ(result.exit_code, 3);
  EXPECT_NE(result.err.find("broken.py"), std::string::npos) << result.err;
  const program_result module_for_a_backend =
      generate(folder,
               {"--unet", "temporal.backend.type=torchscript", "--unet",
                "temporal.backend.path=" + (examples / "temporal_smoothing.py").string()},
               "x.gif");
  EXPECT_EQ(module_for_a_backend.exit_code, 3) << "told while the net is built";
  EXPECT_NE(module_for_a_backend.err.find("forward takes 2 arguments, wanted 5"), std::string::npos)
      << module_for_a_backend.err;
}

}  // namespace
}  // namespace zoetrope
