// What a user gets wrong, and that nothing is lost or left behind by it.
#include <signal.h>

#include "tests/cli/program.hpp"

namespace zoetrope {
namespace {

struct mistake {
  std::vector<std::string> arguments;
  int exit_code;
  std::string message;
};

void expect(const mistake& wrong) {
  const temporary_folder folder;
  std::vector<std::string> arguments{"generate"};
  arguments.insert(arguments.end(), wrong.arguments.begin(), wrong.arguments.end());
  const auto result = run({arguments, folder.path()});
  EXPECT_EQ(result.exit_code, wrong.exit_code) << wrong.message << "\n" << result.err;
  EXPECT_TRUE(mentions(result.err, "zoetrope: error: "));
  EXPECT_TRUE(mentions(result.err, wrong.message));
  EXPECT_EQ(result.err.find('\n'), result.err.size() - 1) << "more than one line: " << result.err;
  EXPECT_EQ(result.out, "");
  EXPECT_EQ(names_in(folder.path()), std::set<std::string>{});
}

TEST(GenerateErrors, AModelThatIsNotThereIsABadInput) {
  expect({{"--pretrained_path", "no/such/model"}, 3, "no/such/model"});
}

TEST(GenerateErrors, ASizeTheModelCannotMakeIsAUsageErrorThatNamesIt) {
  expect({{"--width", "33"}, 2, "33"});
  expect({{"--height", "-32"}, 2, "-32"});
  expect({{"--width", "0"}, 2, "0"});
}

TEST(GenerateErrors, MoreFramesThanThePositionalTableHoldsAreRefused) {
  expect({{"--video_length", "25"}, 2, "24"});
  expect({{"--video_length", "0"}, 2, "0"});
}

TEST(GenerateErrors, NumbersOutsideTheirRangeAreUsageErrors) {
  expect({{"--steps", "0"}, 2, "steps"});
  expect({{"--guidance_scale", "nan"}, 2, "guidance_scale"});
  expect({{"--output_scale", "0"}, 2, "--output_scale"});
  expect({{"--video_duration", "0"}, 2, "--video_duration"});
  expect({{"--threads", "-1"}, 2, "--threads"});
  expect({{"--crops", "1"}, 2, "--crops"});
  expect({{"--denoising_end", "1.5"}, 2, "denoising_end"});
}

TEST(GenerateErrors, UnknownNamesAreUsageErrorsWithTheNearest) {
  expect({{"--scheduler", "EulerDiscretScheduler"}, 2, "did you mean 'EulerDiscreteScheduler'?"});
  expect({{"--precision", "f8"}, 2, "--precision"});
  expect({{"--compat", "coldshot"}, 2, "--compat"});
  expect({{"--device", "abacus"}, 2, "abacus"});
  expect({{"--set", "stps=3"}, 2, "did you mean 'steps'?"});
}

TEST(GenerateErrors, InvalidUtf8InAPromptIsAUsageErrorWithTheByte) {
  expect({{"--prompt", "a red \xFF circle"}, 2, "6"});
}

TEST(GenerateErrors, InvalidUtf8InAFileOfPromptsNamesTheFile) {
  const temporary_folder folder;
  folder.put("prompts.txt", "a red circle\na blue \xFF square\n");
  const auto result = run({{"generate", "--prompts", "prompts.txt"}, folder.path()});
  EXPECT_EQ(result.exit_code, 3);
  EXPECT_EQ(result.err, "zoetrope: error: prompts.txt: not valid UTF-8 at byte 20\n");
}

TEST(GenerateErrors, AnUnknownOrUnfitEndingIsRefusedBeforeTheRun) {
  expect({{"--output", "clip.webm"}, 2, ".gif"});
  expect({{"--output", "clip"}, 2, ".gif"});
  expect({{"--output", "clip.jpg"}, 2, "clip.jpg"});
}

TEST(GenerateErrors, AConfigurationWithAnUnknownKeyNamesItAndTheNearest) {
  const temporary_folder folder;
  folder.put("typo.json", R"({"stepps": 3})");
  const auto result = run({{"generate", "--config", "typo.json"}, folder.path()});
  EXPECT_EQ(result.exit_code, 3);
  EXPECT_TRUE(mentions(result.err, "typo.json"));
  EXPECT_TRUE(mentions(result.err, "stepps"));
  EXPECT_TRUE(mentions(result.err, "steps"));
}

TEST(GenerateErrors, AModelsOwnSettingsMayNotChooseFiles) {
  const temporary_folder folder;
  std::filesystem::copy(tiny_model, folder / "model", std::filesystem::copy_options::recursive);
  std::filesystem::remove(folder / "model/generation_config.json");
  folder.put("model/generation_config.json", R"({"output": "elsewhere.gif"})");
  const auto result = run({{"generate", "--pretrained_path", "model"}, folder.path()});
  EXPECT_EQ(result.exit_code, 3);
  EXPECT_TRUE(mentions(result.err, "output"));
}

TEST(GenerateErrors, AnOutputThatCannotBeWrittenIsFoundBeforeTheRun) {
  const temporary_folder folder;
  folder.put("file", "in the way");
  const auto result = run({{"generate", "--output", "file/clip.gif"}, folder.path()});
  EXPECT_EQ(result.exit_code, 1);
  EXPECT_TRUE(mentions(result.err, "file"));
  EXPECT_EQ(result.err.find("denoising"), std::string::npos);
  EXPECT_EQ(bytes_of(folder / "file"), "in the way");
}

TEST(GenerateErrors, AFolderThatHoldsFilesIsNotMixedWithFrames) {
  const temporary_folder folder;
  folder.put("frames/old.txt", "old");
  const auto result = run({{"generate", "--output", "frames/"}, folder.path()});
  EXPECT_EQ(result.exit_code, 1);
  EXPECT_EQ(names_in(folder / "frames"), std::set<std::string>{"old.txt"});
}

TEST(GenerateErrors, ATruncatedWeightFileIsABadInputThatNamesItAndLeavesTheOldClip) {
  const temporary_folder folder;
  std::filesystem::copy(tiny_model, folder / "model", std::filesystem::copy_options::recursive);
  const auto weights = folder / "model/vae/diffusion_pytorch_model.safetensors";
  const std::string bytes = bytes_of(weights);
  std::filesystem::remove(weights);
  folder.put("model/vae/diffusion_pytorch_model.safetensors", bytes.substr(0, bytes.size() - 100));
  folder.put("output.gif", "an earlier clip");
  const auto result = run({{"generate", "--pretrained_path", "model"}, folder.path()});
  EXPECT_EQ(result.exit_code, 3);
  EXPECT_TRUE(mentions(result.err, "vae"));
  EXPECT_EQ(bytes_of(folder / "output.gif"), "an earlier clip");
  EXPECT_EQ(names_in(folder.path()), (std::set<std::string>{"model", "output.gif"}));
}

TEST(GenerateErrors, ASignalStopsBetweenStepsAndLeavesTheOldClip) {
  for (const auto& [signal, code] : {std::pair{SIGINT, 130}, std::pair{SIGTERM, 143}}) {
    const temporary_folder folder;
    folder.put("output.gif", "an earlier clip");
    const auto result =
        run({.arguments = {"generate", "--steps", "1000", "--scheduler", "euler", "--device", "cpu"},
             .folder = folder.path(),
             .signal = signal,
             .signal_after = "denoising"});
    EXPECT_EQ(result.exit_code, code) << result.err;
    EXPECT_EQ(bytes_of(folder / "output.gif"), "an earlier clip");
    EXPECT_EQ(names_in(folder.path()), std::set<std::string>{"output.gif"});
  }
}

}  // namespace
}  // namespace zoetrope
