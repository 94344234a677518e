// `zoetrope generate` on the model in the box: what a user asks for is what is on the disk afterwards.
#include <numeric>

#include "core/io/safetensors.hpp"
#include "tests/cli/program.hpp"

namespace zoetrope {
namespace {

// Two steps are enough to see that everything happens.
program_result generate(const temporary_folder& folder, std::vector<std::string> more) {
  std::vector<std::string> arguments{"generate", "--steps", "2", "--prompt", "a red circle moving left"};
  arguments.insert(arguments.end(), more.begin(), more.end());
  return run({arguments, folder.path()});
}

TEST(Generate, ABareCallWritesAGifInTheCurrentFolderAndSaysWhere) {
  const temporary_folder folder;
  const auto result = run({{"generate", "--prompt", "a red circle moving left"}, folder.path()});
  ASSERT_EQ(result.exit_code, 0) << result.err;
  EXPECT_EQ(result.out, "output.gif\n");
  EXPECT_EQ(names_in(folder.path()), std::set<std::string>{"output.gif"});
  const gif_summary gif = read_gif(folder / "output.gif");
  EXPECT_EQ(gif.width, 256);  // 64 pixels, enlarged 4 times by the model's generation_config.json
  EXPECT_EQ(gif.height, 256);
  EXPECT_EQ(gif.delays.size(), 8u);
  EXPECT_EQ(std::accumulate(gif.delays.begin(), gif.delays.end(), 0), 100);  // one second
  EXPECT_TRUE(gif.loops);
}

TEST(Generate, SizeFramesAndDurationAreThoseAskedFor) {
  const temporary_folder folder;
  const auto result =
      generate(folder, {"--width", "96", "--height", "64", "--video_length", "5", "--video_duration", "700",
                        "--output_scale", "2", "--output", "clip.gif"});
  ASSERT_EQ(result.exit_code, 0) << result.err;
  const gif_summary gif = read_gif(folder / "clip.gif");
  EXPECT_EQ(gif.width, 192);
  EXPECT_EQ(gif.height, 128);
  EXPECT_EQ(gif.delays, (std::vector<int>{14, 14, 14, 14, 14}));
}

TEST(Generate, OneSeedGivesTheSameBytesAndAnotherOnesOther) {
  const temporary_folder folder;
  for (const std::string seed : {"1", "1", "2"})
    ASSERT_EQ(generate(folder, {"--threads", "1", "--seed", seed, "--output",
                                concat(names_in(folder.path()).size(), ".gif")})
                  .exit_code,
              0);
  EXPECT_EQ(bytes_of(folder / "0.gif"), bytes_of(folder / "1.gif"));
  EXPECT_NE(bytes_of(folder / "0.gif"), bytes_of(folder / "2.gif"));
}

TEST(Generate, SeedZeroIsASeedUnlessTheOriginalsQuirksAreAskedFor) {
  const temporary_folder folder;
  for (const std::string name : {"a.gif", "b.gif"})
    ASSERT_EQ(generate(folder, {"--threads", "1", "--seed", "0", "--output", name}).exit_code, 0);
  for (const std::string name : {"c.gif", "d.gif"})
    ASSERT_EQ(generate(folder, {"--threads", "1", "--seed", "0", "--compat", "hotshot", "--output", name})
                  .exit_code,
              0);
  EXPECT_EQ(bytes_of(folder / "a.gif"), bytes_of(folder / "b.gif"));
  EXPECT_NE(bytes_of(folder / "c.gif"), bytes_of(folder / "d.gif"));
}

// No seed is one seed, drawn once, for however many batches.
TEST(Generate, SeedZeroOfTheOriginalIsDrawnOnceForAllClips) {
  const temporary_folder folder;
  const auto result = generate(folder, {"--compat", "hotshot", "--seed", "0", "--prompt", "a red circle",
                                        "--prompt", "a blue square", "--output", "clip.gif", "--json"});
  ASSERT_EQ(result.exit_code, 0) << result.err;
  const auto seed = [&](int clip) { return result.json()["outputs"][clip]["seed"].get<uint64_t>(); };
  EXPECT_EQ(seed(1), seed(0) + 1);
  EXPECT_NE(seed(1), 1u);  // once in 4 billion runs
}

TEST(Generate, CompatHotshotCutsFrameTimesAsPillowDoes) {
  const temporary_folder folder;
  ASSERT_EQ(generate(folder, {"--compat", "hotshot", "--output", "clip.gif"}).exit_code, 0);
  for (const int delay : read_gif(folder / "clip.gif").delays) EXPECT_EQ(delay, 12);  // 125 ms
}

TEST(Generate, EachFormatIsWhatItsEndingSays) {
  const temporary_folder folder;
  ASSERT_EQ(generate(folder, {"--output", "clip.mp4"}).exit_code, 0);
  EXPECT_EQ(bytes_of(folder / "clip.mp4").substr(4, 4), "ftyp");
  ASSERT_EQ(generate(folder, {"--video_length", "1", "--output", "picture.png"}).exit_code, 0);
  EXPECT_EQ(bytes_of(folder / "picture.png").substr(1, 3), "PNG");
  ASSERT_EQ(generate(folder, {"--video_length", "1", "--output", "picture.jpg"}).exit_code, 0);
  EXPECT_EQ(bytes_of(folder / "picture.jpg").substr(0, 3), "\xFF\xD8\xFF");
  ASSERT_EQ(generate(folder, {"--video_length", "3", "--output", "frames/"}).exit_code, 0);
  EXPECT_EQ(names_in(folder / "frames").size(), 3u);
  for (const std::string& name : names_in(folder / "frames")) EXPECT_TRUE(name.ends_with(".png")) << name;
  ASSERT_EQ(generate(folder, {"--output", "latents.safetensors"}).exit_code, 0);
  const auto latents = safetensors_file::open(folder / "latents.safetensors");
  ASSERT_TRUE(latents.find("latents"));
  EXPECT_EQ(latents.find("latents")->shape, (std::vector<int64_t>{1, 4, 8, 8, 8}));
}

TEST(Generate, PngAndMp4CarryPromptSeedAndHashUnlessTold) {
  const temporary_folder folder;
  const auto said =
      generate(folder, {"--json", "--seed", "77", "--video_length", "1", "--output", "with.png"});
  ASSERT_EQ(said.exit_code, 0) << said.err;
  const std::string with = bytes_of(folder / "with.png");
  EXPECT_TRUE(mentions(with, "a red circle moving left"));
  EXPECT_TRUE(mentions(with, said.json()["config_hash"].get<std::string>()));
  ASSERT_EQ(generate(folder, {"--no-metadata", "--video_length", "1", "--output", "without.png"}).exit_code,
            0);
  EXPECT_EQ(bytes_of(folder / "without.png").find("red circle"), std::string::npos);
  ASSERT_EQ(generate(folder, {"--output", "with.mp4"}).exit_code, 0);
  EXPECT_TRUE(mentions(bytes_of(folder / "with.mp4"), "a red circle moving left"));
  ASSERT_EQ(generate(folder, {"--no-metadata", "--output", "without.mp4"}).exit_code, 0);
  EXPECT_EQ(bytes_of(folder / "without.mp4").find("red circle"), std::string::npos);
}

TEST(Generate, SeveralPromptsMakeNumberedClipsEachLikeItsOwnRun) {
  const temporary_folder folder;
  folder.put("prompts.txt", "a red circle moving left\n\na blue square growing\n");
  const auto result = run({{"generate", "--steps", "2", "--threads", "1", "--seed", "5", "--prompts",
                            "prompts.txt", "--output", "clip.gif", "--json"},
                           folder.path()});
  ASSERT_EQ(result.exit_code, 0) << result.err;
  EXPECT_EQ(result.json()["outputs"][1]["seed"], 6);
  EXPECT_EQ(result.json()["outputs"][1]["prompt"], "a blue square growing");
  ASSERT_EQ(run({{"generate", "--steps", "2", "--threads", "1", "--seed", "6", "--prompt",
                  "a blue square growing", "--output", "alone.gif"},
                 folder.path()})
                .exit_code,
            0);
  EXPECT_EQ(bytes_of(folder / "clip-1.gif"), bytes_of(folder / "alone.gif"));
  EXPECT_NE(bytes_of(folder / "clip-0.gif"), bytes_of(folder / "clip-1.gif"));
}

TEST(Generate, TheCommandLineWinsOverTheFileAndTheFileOverTheModel) {
  const temporary_folder folder;
  folder.put("settings.yaml", "steps: 7\nguidance_scale: 2.5\nseed: 9\nscheduler: euler\n");
  const auto result = run({{"generate", "--dry-run", "--config", "settings.yaml", "--seed", "10", "--set",
                            "scheduler_config.use_karras_sigmas=true"},
                           folder.path()});
  ASSERT_EQ(result.exit_code, 0) << result.err;
  const auto config = result.json()["config"];
  EXPECT_EQ(config["steps"], 7);
  EXPECT_EQ(config["guidance_scale"], 2.5);
  EXPECT_EQ(config["seed"], 10);
  EXPECT_EQ(config["guidance_rescale"], 0.5);  // generation_config.json
  EXPECT_EQ(config["og_width"], 64);           // its original_size
  EXPECT_EQ(config["clip_skip"], 0);           // built in
  EXPECT_EQ(config["scheduler_config"]["use_karras_sigmas"], true);
  EXPECT_EQ(result.json()["scheduler"], "EulerDiscreteScheduler");
}

TEST(Generate, DryRunWritesNothing) {
  const temporary_folder folder;
  const auto result = run({{"generate", "--dry-run", "--output", "new/folder/clip.gif"}, folder.path()});
  EXPECT_EQ(result.exit_code, 0) << result.err;
  EXPECT_TRUE(names_in(folder.path()).empty());
}

TEST(Generate, ADryRunsConfigurationGivesTheSameClipAgain) {
  const temporary_folder folder;
  const auto dry =
      generate(folder, {"--dry-run", "--threads", "1", "--seed", "3", "--scheduler", "ddim", "--eta", "0.5"});
  ASSERT_EQ(dry.exit_code, 0) << dry.err;
  folder.put("again.json", dry.json()["config"].dump());
  ASSERT_EQ(generate(folder, {"--threads", "1", "--seed", "3", "--scheduler", "ddim", "--eta", "0.5",
                              "--output", "a.gif"})
                .exit_code,
            0);
  const auto again =
      run({{"generate", "--config", "again.json", "--output", "b.gif", "--json"}, folder.path()});
  ASSERT_EQ(again.exit_code, 0) << again.err;
  EXPECT_EQ(bytes_of(folder / "a.gif"), bytes_of(folder / "b.gif"));
  EXPECT_EQ(again.json()["config_hash"], dry.json()["config_hash"]);
}

TEST(Generate, JsonIsTheOnlyThingOnStdout) {
  const temporary_folder folder;
  const auto result = generate(folder, {"--json", "--output", "clip.gif"});
  ASSERT_EQ(result.exit_code, 0) << result.err;
  const auto said = result.json();
  EXPECT_EQ(said["outputs"][0]["path"], "clip.gif");
  EXPECT_EQ(said["outputs"][0]["frames"], 8);
  EXPECT_EQ(said["seconds"]["steps"].size(), 2u);
  EXPECT_EQ(result.err, "");
}

TEST(Generate, AnOverlongPromptRunsWithAWarningThatShowsWhatWasCut) {
  const temporary_folder folder;
  std::string prompt;
  for (int i = 0; i < 30; ++i) prompt += "red ";
  const auto result = run(
      {{"generate", "--steps", "1", "--prompt", prompt + "ending", "--output", "clip.gif"}, folder.path()});
  EXPECT_EQ(result.exit_code, 0) << result.err;
  EXPECT_TRUE(mentions(result.err, "zoetrope: warning:"));
  EXPECT_TRUE(mentions(result.err, "ending"));
}

TEST(Generate, LatentsFromAFileTakeTheSeedsPlace) {
  const temporary_folder folder;
  const std::vector<float> noise(4 * 8 * 8 * 8, 0.25f);
  write_safetensors(folder / "noise.safetensors",
                    {{"latents", element_type::f32, {1, 4, 8, 8, 8}, std::as_bytes(std::span(noise))}});
  for (const std::string seed : {"1", "2"})
    ASSERT_EQ(generate(folder, {"--threads", "1", "--seed", seed, "--latents", "noise.safetensors",
                                "--output", seed + ".gif"})
                  .exit_code,
              0);
  EXPECT_EQ(bytes_of(folder / "1.gif"), bytes_of(folder / "2.gif"));
}

TEST(Generate, AnotherSchedulerIsChosenByClassOrShortName) {
  const temporary_folder folder;
  for (const std::string name : {"heun", "PNDMScheduler", "dpm_solver_sde"}) {
    const auto result = generate(
        folder, {"--steps", "4", "--video_length", "2", "--scheduler", name, "--output", name + ".gif"});
    EXPECT_EQ(result.exit_code, 0) << name << ": " << result.err;
  }
}

}  // namespace
}  // namespace zoetrope
