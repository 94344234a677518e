// `zoetrope generate` with less memory: the same bytes by every policy, and what is said when it is not
// enough.
#include "tests/cli/small_clips.hpp"

namespace zoetrope {
namespace {

TEST(LowMemory, EveryPolicyGivesTheSameLatents) {
  const temporary_folder folder;
  const std::string plain = latents_of(folder, {});
  for (const words& policy : {words{"--attention_slice", "1"}, words{"--feed_forward_chunk", "16"},
                              words{"--guidance_in_turn"}, words{"--drop_text_encoders"}, words{"--offload"},
                              words{"--stream"}, words{"--low_vram_mode"}, words{"--vram", "2G"}})
    EXPECT_EQ(latents_of(folder, policy), plain) << policy.front();
}

TEST(LowMemory, FramesDecodedTogetherAreTheSameAndTilesAreNot) {
  const temporary_folder folder;
  const auto clip_of = [&](const words& more) {
    words arguments{"generate", "--steps", "1",       "--threads", "1",        "--device", "cpu",
                    "--prompt", "a",       "--width", "128",       "--output", "clip.gif"};
    arguments.insert(arguments.end(), more.begin(), more.end());
    const auto result = run({arguments, folder.path()});
    EXPECT_EQ(result.exit_code, 0) << result.err;
    return bytes_of(folder / "clip.gif");
  };
  const std::string plain = clip_of({});
  EXPECT_EQ(clip_of({"--vae_frames", "4"}), plain);
  EXPECT_NE(clip_of({"--vae_tile", "8"}), plain);
}

TEST(LowMemory, ABudgetBelowTheSmallestPlanNamesTheSmallest) {
  const temporary_folder folder;
  expect_refused(folder, {"--vram", "1M"}, 2, {"1.0 MiB is below the smallest plan, ", " MiB (with "});
  expect_refused(folder, {"--vram", "lots"}, 2, {"lots", "6G"});
  expect_refused(folder, {"--vram", "2G", "--low_vram_mode"}, 2, {"--vram", "--low_vram_mode"});
}

// The promise of docs/memory.md, by what the system says that the program held.
TEST(LowMemory, ThePeakIsWithinATenthOfThePlan) {
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
  GTEST_SKIP() << "sanitizers keep memory of their own";
#endif
  const temporary_folder folder;
  const auto on = [&](const char* command, const char* output, const words& more) {
    words arguments{command, "--device", "cpu", "--threads", "1",   "--steps",  "2",   "--prompt",
                    "a",     "--width",  "128", "--height",  "128", "--output", output};
    arguments.insert(arguments.end(), more.begin(), more.end());
    if (arguments[0] == "plan") arguments.push_back("--json");
    const auto result = run({arguments, folder.path()});
    EXPECT_EQ(result.exit_code, 0) << result.err;
    return result;
  };
  for (const auto& [output, more] : {std::pair<const char*, words>{"clip.png", {"--output_scale", "1"}},
                                     {"clip.png", {"--output_scale", "1", "--low_vram_mode"}},
                                     {"clip.mp4", {"--output_scale", "1", "--guidance_in_turn"}},
                                     {"clip.gif", {"--output_scale", "1", "--guidance_in_turn"}},
                                     {"clip.gif", {"--output_scale", "4"}},
                                     {"clip.mp4", {"--output_scale", "8"}}}) {
    const double seen = static_cast<double>(on("generate", output, more).peak_resident_bytes),
                 planned = on("plan", output, more).json().at("peak").get<double>();
    EXPECT_NEAR(seen / planned, 1, 0.1) << output << " " << more.back() << ": " << seen << " of " << planned;
  }
}

TEST(LowMemory, NumbersThatCannotBeAreUsageErrors) {
  const temporary_folder folder;
  expect_refused(folder, {"--attention_slice", "-1"}, 2, {"--attention_slice"});
  expect_refused(folder, {"--feed_forward_chunk", "-1"}, 2, {"--feed_forward_chunk"});
  expect_refused(folder, {"--vae_frames", "0"}, 2, {"--vae_frames"});
  expect_refused(folder, {"--vae_tile", "-1"}, 2, {"--vae_tile"});
}

// Libraries map less than 1 GiB, the first convolution alone makes 1.1: 2 x 8 frames of 64 x 512 x 512.
TEST(LowMemory, OutOfMemoryAllTheSameSaysWhereWhatAndWhatHelps) {
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
  GTEST_SKIP() << "sanitizers map more than any limit";
#endif
  const temporary_folder folder;
  const auto result =
      run({.arguments = {"generate", "-q", "--device", "cpu", "--threads", "1", "--steps", "1", "--prompt",
                         "a", "--width", "4096", "--height", "4096", "--output_scale", "1"},
           .folder = folder.path(),
           .address_space = std::size_t{2} << 30});
  EXPECT_EQ(result.exit_code, 4) << result.err;
  for (const std::string said : {"denoising: out of memory", "more were asked for", "the process held",
                                 "what helps: ", "attention_slice", "guidance_in_turn"})
    EXPECT_TRUE(mentions(result.err, said));
  EXPECT_EQ(result.err.find('\n'), result.err.size() - 1) << result.err;
  EXPECT_TRUE(names_in(folder.path()).empty());
}

}  // namespace
}  // namespace zoetrope
