// What the program says to a user who is lost, and how it ends.
#include "tests/cli/program.hpp"

namespace zoetrope {
namespace {

TEST(Application, HelpOfEveryCommandGoesToStdoutAndSucceeds) {
  for (const std::string command :
       {"", "generate", "list", "describe", "inspect", "verify", "profile", "init", "doctor"}) {
    std::vector<std::string> arguments{"--help"};
    if (!command.empty()) arguments.insert(arguments.begin(), command);
    const auto result = run({arguments});
    EXPECT_EQ(result.exit_code, 0) << command;
    EXPECT_TRUE(mentions(result.out, "--help")) << command;
    EXPECT_EQ(result.err, "") << command;
  }
}

TEST(Application, GenerateHelpNamesEveryOptionOfHotshotsInferenceScriptWithItsDefault) {
  const std::string help = run({{"generate", "--help"}}).out;
  for (const std::string option : {"--pretrained_path",
                                   "--xformers",
                                   "--spatial_unet_base",
                                   "--lora",
                                   "--output",
                                   "--steps",
                                   "--prompt",
                                   "--negative_prompt",
                                   "--seed",
                                   "--width",
                                   "--height",
                                   "--target_width",
                                   "--target_height",
                                   "--og_width",
                                   "--og_height",
                                   "--video_length",
                                   "--video_duration",
                                   "--low_vram_mode",
                                   "--scheduler",
                                   "--control_type",
                                   "--controlnet_conditioning_scale",
                                   "--control_guidance_start",
                                   "--control_guidance_end",
                                   "--gif",
                                   "--precision",
                                   "--autocast"})
    EXPECT_TRUE(mentions(help, option + " ")) << option;
  for (const std::string shown : {"=30 ", "=455 ", "=672 ", "=384 ", "=1920 ", "=1080 ", "=512 ", "=8 ",
                                  "=1000 ", "=blurry ", "=EulerAncestralDiscreteScheduler", "=0.7"})
    EXPECT_TRUE(mentions(help, shown)) << shown;
}

TEST(Application, VersionIsOneLine) {
  const auto result = run({{"--version"}});
  EXPECT_EQ(result.exit_code, 0);
  EXPECT_TRUE(result.out.starts_with("zoetrope 0.")) << result.out;
}

TEST(Application, UnknownCommandIsAUsageErrorWithTheNearest) {
  const auto result = run({{"generat"}});
  EXPECT_EQ(result.exit_code, 2);
  EXPECT_TRUE(mentions(result.err, "zoetrope: error: unknown command 'generat'; did you mean 'generate'?"));
  EXPECT_EQ(result.out, "");
}

TEST(Application, UnknownPartOfACommandIsAUsageErrorWithTheNearest) {
  for (const char* command : {"results", "experiment"}) {
    const auto result = run({{command, "lisst", "x"}});
    EXPECT_EQ(result.exit_code, 2);
    EXPECT_TRUE(mentions(result.err, concat(command, ": unknown command 'lisst'"))) << result.err;
  }
  EXPECT_TRUE(mentions(run({{"results", "compar"}}).err, "did you mean 'compare'?"));
  EXPECT_TRUE(
      mentions(run({{"results", "list", "--jsn", "x"}}).err, "zoetrope results list --help lists all"));
}

TEST(Application, UnknownOptionIsAUsageErrorWithTheNearest) {
  const auto result = run({{"generate", "--promt", "x"}});
  EXPECT_EQ(result.exit_code, 2);
  EXPECT_TRUE(mentions(result.err, "unknown option '--promt'; did you mean '--prompt'?"));
}

TEST(Application, AForgottenQuoteIsExplained) {
  const auto result = run({{"generate", "--prompt", "a", "red", "circle"}});
  EXPECT_EQ(result.exit_code, 2);
  EXPECT_TRUE(mentions(result.err, "needs quotes"));
}

TEST(Application, AnEmptyPathIsAUsageErrorThatNamesTheOption) {
  for (const auto& [arguments, name] : std::vector<std::pair<std::vector<std::string>, std::string>>{
           {{"generate", "--prompt", "x", "--pretrained_path", ""}, "--pretrained_path"},
           {{"generate", "--prompt", "x", "--lora", ""}, "--lora"},
           {{"train", "--output_dir", ""}, "--output_dir"},
           {{"inspect", ""}, "model"},
           {{"verify", ""}, "case"}}) {
    const auto result = run({arguments});
    EXPECT_EQ(result.exit_code, 2) << name;
    EXPECT_TRUE(mentions(result.err, concat(name, ": got '', wanted a name"))) << result.err;
  }
}

TEST(Application, ATextWhereANumberBelongsIsAUsageErrorThatNamesTheOption) {
  for (const std::string value : {"many", "1.5", "99999999999999999999"}) {
    const auto result = run({{"generate", "--steps", value}});
    EXPECT_EQ(result.exit_code, 2) << value;
    EXPECT_TRUE(mentions(result.err, "--steps"));
  }
}

TEST(Application, DashesAndUnderscoresAreOne) {
  const temporary_folder folder;
  const auto result =
      run({{"generate", "--dry-run", "--negative-prompt", "a-b", "--video_length=4"}, folder.path()});
  ASSERT_EQ(result.exit_code, 0) << result.err;
  EXPECT_EQ(result.json()["config"]["negative_prompt"], "a-b");
  EXPECT_EQ(result.json()["config"]["video_length"], 4);
}

}  // namespace
}  // namespace zoetrope
