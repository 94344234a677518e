// `zoetrope plan` as seen from outside: its ledger adds up, its budget is kept, and what it cannot plan it
// says by flag name.
#include "tests/cli/small_clips.hpp"

namespace zoetrope {
namespace {

using json = nlohmann::json;

program_result plan(const temporary_folder& folder, const words& more) {
  words arguments{"plan", "--device", "cpu", "--threads", "1"};
  arguments.insert(arguments.end(), more.begin(), more.end());
  return run({arguments, folder.path()});
}

json planned(const temporary_folder& folder, words more) {
  more.push_back("--json");
  const auto result = plan(folder, more);
  EXPECT_EQ(result.exit_code, 0) << result.err;
  return result.exit_code == 0 ? result.json() : json::object();
}

void refuse(const temporary_folder& folder, const words& arguments, int exit_code, const words& messages) {
  const auto result = plan(folder, arguments);
  EXPECT_EQ(result.exit_code, exit_code) << result.err;
  for (const std::string& message : messages) EXPECT_TRUE(mentions(result.err, message));
  EXPECT_EQ(result.err.find('\n'), result.err.size() - 1) << "more than one line: " << result.err;
}

TEST(Plan, APresetHasNoFilesAndSaysSoByFlagName) {
  const clip_folder folder;
  for (const words& file :
       {words{"--lora", "style.safetensors"}, words{"--spatial_unet_base", "other"},
        words{"--companion", "other"}, words{"--variant", "fp16"}, words{"--pretrained_path", "other"},
        words{"--motion", "motion"}, words{"--embedding", "word.safetensors"}})
    refuse(folder, {"--preset", "tiny", file[0], file[1]}, 2, {file[0] + ": a preset has no files", ";"});
  refuse(folder, {"--preset", "tiny", "--control_type", "canny", "--gif", "input.gif"}, 2,
         {"--control_type: a preset has no files", "--controlnet controlnet-sdxl"});
  refuse(folder, {"--preset", "tiny", "--controlnet", "nets/canny", "--gif", "input.gif"}, 2,
         {"--controlnet: 'nets/canny'", "zoetrope init --preset"});
  refuse(folder, {"--preset", "tinny"}, 2, {"--preset: unknown preset 'tinny'; did you mean 'tiny'?"});
  refuse(folder, {"--preset", "tiny", "--vram", "6Q"}, 2, {"--vram: '6Q' is not a size of memory"});
  refuse(folder, {"--preset", "controlnet-tiny"}, 2, {"controlnet-tiny is a part of a model"});
  refuse(folder, {"--preset", "tiny", tiny_model.string()}, 2, {"not both"});
}

TEST(Plan, AChangedUnetIsPlannedOfAPresetToo) {
  const clip_folder folder;
  const auto unet_weights = [&](const words& more) {
    const json tree = planned(folder, more);
    for (const json& part : tree.at("parts"))
      if (part.at("part") == "unet") return part.at("copied").get<int64_t>();
    return int64_t{0};
  };
  // Three temporal transformers at each of three widths C, each 22 C^2 + 21 C parameters in f32 and a stored
  // table of 24 positions for its two attentions.
  int64_t temporal = 0;
  for (const int64_t c : {64, 96, 96}) temporal += 3 * (22 * c * c + 21 * c + 2 * 24 * c) * 4;
  EXPECT_EQ(
      unet_weights({"--preset", "tiny"}) - unet_weights({"--preset", "tiny", "--unet", "temporal.type=none"}),
      temporal);
  refuse(folder, {"--preset", "tiny", "--unet", "temporall.type=none"}, 3, {"temporall"});
}

TEST(Plan, APresetOfAControlNetGoesWithOneOfAModel) {
  const clip_folder folder;
  const words both{"--preset", "tiny", "--gif", "input.gif", "--controlnet"};
  words fits = both, too_wide = both;
  fits.push_back("controlnet-tiny");
  too_wide.push_back("controlnet-sdxl");
  const json alone = planned(folder, {"--preset", "tiny"}), with_net = planned(folder, fits);
  EXPECT_EQ(with_net.at("parts").size(), alone.at("parts").size() + 1);
  EXPECT_GT(with_net.at("peak"), alone.at("peak"));
  refuse(folder, too_wide, 3, {"block_out_channels", "wanted [64, 96, 96]"});
}

TEST(Plan, TheJsonLedgerAddsUp) {
  const clip_folder folder;
  const json tree = planned(folder, {"--vram", "900M"});
  int64_t largest = 0;
  words phases;
  for (const json& phase : tree.at("phases")) {
    phases.push_back(phase.at("phase"));
    const int64_t bytes = phase.at("bytes");
    EXPECT_EQ(bytes, phase.at("weights").get<int64_t>() + phase.at("activations").get<int64_t>() +
                         phase.at("cache").get<int64_t>() + phase.at("workspace").get<int64_t>());
    largest = std::max(largest, bytes);
  }
  EXPECT_EQ(phases, (words{"text", "denoising", "decoding", "writing"}));
  EXPECT_EQ(tree.at("peak").get<int64_t>(), tree.at("process").get<int64_t>() + largest);
  EXPECT_EQ(tree.at("policies").at(0).at("peak"), tree.at("peak"));
  EXPECT_EQ(tree.at("chosen").at("policies"), json::array());  // all fits
  EXPECT_EQ(tree.at("width"), 64);
  EXPECT_EQ(tree.at("precision"), "f32");
}

TEST(Plan, TheBudgetIsKeptOrTheSmallestNamed) {
  const clip_folder folder;
  const words sized{"--width", "256", "--height", "256", "--output_scale", "1"};
  words budget = sized;
  const json plain = planned(folder, sized);
  const int64_t peak = plain.at("peak");
  budget.insert(budget.end(), {"--vram", std::to_string(peak * 9 / 10 >> 20) + "M"});
  const json chosen = planned(folder, budget).at("chosen");
  EXPECT_LE(chosen.at("peak").get<int64_t>(), peak * 9 / 10);
  EXPECT_FALSE(chosen.at("policies").empty());
  refuse(folder, {"--vram", "1M"}, 2, {"below the smallest plan, ", " MiB (with "});
}

}  // namespace
}  // namespace zoetrope
