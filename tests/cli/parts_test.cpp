// Swapping parts of the demo's model by a flag, and parts from outside: the examples of docs/plugins.md.
#include <gtest/gtest.h>

#include "program.hpp"

namespace zoetrope {
namespace {

const std::filesystem::path examples = std::filesystem::path(ZOETROPE_SOURCE_DIR) / "docs/examples";

program_result generate(const temporary_folder& folder, std::vector<std::string> swaps,
                        const std::string& output) {
  std::vector<std::string> arguments{
      "generate", "--prompt", "a red circle moving left", "--steps", "2",        "--width", "32",
      "--height", "32",       "--video_length",           "4",       "--output", output,    "--no_metadata"};
  arguments.insert(arguments.end(), swaps.begin(), swaps.end());
  return run({.arguments = arguments, .folder = folder.path()});
}

std::string bytes_of(const std::filesystem::path& file) {
  std::ifstream stream(file, std::ios::binary);
  return {std::istreambuf_iterator<char>(stream), {}};
}

// The swap runs, and whether it changes the clip.
void expect_clip(std::vector<std::string> swaps, bool another) {
  const temporary_folder folder;
  ASSERT_EQ(generate(folder, {}, "plain.safetensors").exit_code, 0);
  const program_result swapped = generate(folder, std::move(swaps), "swapped.safetensors");
  ASSERT_EQ(swapped.exit_code, 0) << swapped.err;
  EXPECT_EQ(bytes_of(folder / "plain.safetensors") != bytes_of(folder / "swapped.safetensors"), another);
}

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

TEST(Plugin, OfTheDocsIsListedAndRuns) {
  const program_result listed =
      run({.arguments = {"list", "attention_backends", "--plugin", ZOETROPE_EXAMPLE_PLUGIN, "--json"}});
  ASSERT_EQ(listed.exit_code, 0) << listed.err;
  bool found = false;
  const nlohmann::json kinds = listed.json();
  for (const auto& part : kinds.at("attention_backends")) found |= part.at("name") == "cosine";
  EXPECT_TRUE(found);
  expect_clip({"--plugin", ZOETROPE_EXAMPLE_PLUGIN, "--unet", "temporal.backend.type=cosine"}, true);
}

TEST(Plugin, IsDescribed) {
  const program_result told =
      run({.arguments = {"describe", "backend", "cosine", "--plugin", ZOETROPE_EXAMPLE_PLUGIN}});
  ASSERT_EQ(told.exit_code, 0) << told.err;
  EXPECT_EQ(told.json(), (nlohmann::json{{"type", "cosine"}, {"temperature", 10.0}}));
}

TEST(Plugin, ThatIsNoneIsRefused) {
  const temporary_folder folder;
  const program_result missing = generate(folder, {"--plugin", "nowhere.so"}, "x.gif");
  EXPECT_EQ(missing.exit_code, 3);
  EXPECT_NE(missing.err.find("nowhere.so"), std::string::npos);
  const auto text = folder.put("text.so", "not a library");
  EXPECT_EQ(generate(folder, {"--plugin", text.string()}, "x.gif").exit_code, 3);
  const program_result unknown = generate(folder, {"--unet", "temporal.backend.type=cosine"}, "x.gif");
  EXPECT_EQ(unknown.exit_code, 3) << "a part that only the plug-in has";
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
