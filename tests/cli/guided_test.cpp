// `zoetrope generate` with ControlNets, and from clips and pictures: each option does what it says.
#include "tests/cli/small_clips.hpp"

namespace zoetrope {
namespace {

words controlled(const words& more = {}) {
  words arguments{"--controlnet", random_controlnet().string(), "--gif", "input.gif"};
  arguments.insert(arguments.end(), more.begin(), more.end());
  return arguments;
}

TEST(Guided, AControlNetChangesTheClipAndScaleZeroDoesNot) {
  const clip_folder folder;
  const std::string plain = latents_of(folder, {});
  EXPECT_NE(latents_of(folder, controlled()), plain);
  EXPECT_EQ(latents_of(folder, controlled({"--controlnet_conditioning_scale", "0"})), plain);
}

TEST(Guided, EachControlOptionCounts) {
  const clip_folder folder;
  const std::string controlled_clip = latents_of(folder, controlled());
  for (const words& option :
       {words{"--controlnet_conditioning_scale", "0.2"}, words{"--control_guidance_start", "0.5"},
        words{"--control_guidance_end", "0.5"}, words{"--guess_mode"}, words{"--preprocessor", "canny"}})
    EXPECT_NE(latents_of(folder, controlled(option)), controlled_clip) << option.front();
  EXPECT_EQ(latents_of(folder, controlled({"--control_guidance_start", "0", "--control_guidance_end", "1",
                                           "--preprocessor", "none"})),
            controlled_clip);
}

// `none` on a clip that is already what a net wants is the measure.
TEST(Guided, DrawingsFromFilesAreMadeWhatANetWants) {
  const clip_folder folder;
  const auto controlled_by = [&](const std::string& file, const std::string& preprocessor) {
    return latents_of(folder, {"--controlnet", random_controlnet().string(), "--gif", file, "--preprocessor",
                               preprocessor});
  };
  put_moving_square(folder / "dim.gif", 64, 64, 8, {.ground = 40, .square = 140});
  put_moving_square(folder / "dark_on_bright.gif", 64, 64, 8, {.ground = 255, .square = 0});
  const std::string wanted = controlled_by("input.gif", "none");
  EXPECT_NE(controlled_by("dim.gif", "none"), wanted);
  EXPECT_EQ(controlled_by("dim.gif", "depth"), wanted);
  EXPECT_EQ(controlled_by("dark_on_bright.gif", "depth:invert=true"), wanted);
  EXPECT_EQ(controlled_by("dark_on_bright.gif", "scribble"), wanted);
  EXPECT_EQ(controlled_by("dim.gif", "scribble"), wanted);  // threshold 128
  EXPECT_EQ(controlled_by("input.gif", "pose"), wanted);
}

TEST(Guided, AControlTypeIsFoundInTheCache) {
  const clip_folder folder;
  const std::filesystem::path net = folder / "hf/hub/models--diffusers--controlnet-canny-sdxl-1.0";
  folder.put(net / "refs/main", "0123abc");
  std::filesystem::create_directories(net / "snapshots");
  std::filesystem::copy(random_controlnet(), net / "snapshots/0123abc",
                        std::filesystem::copy_options::recursive);
  const words environment{"HF_HOME=" + (folder / "hf").string(), "HF_HUB_CACHE="};
  EXPECT_EQ(latents_of(folder, {"--control_type", "canny", "--gif", "input.gif"}, environment),
            latents_of(folder, controlled()));
  const auto absent =
      run({{"generate", "--control_type", "depth", "--gif", "input.gif"}, folder.path(), environment});
  EXPECT_EQ(absent.exit_code, 3) << absent.err;
  EXPECT_TRUE(mentions(absent.err, "diffusers/controlnet-depth-sdxl-1.0"));
}

TEST(Guided, TwoNetsHaveAWindowAndAScaleEach) {
  const clip_folder folder;
  put_moving_square(folder / "other.gif", 64, 64, 8);
  const words second{"--controlnet", random_controlnet().string(), "--gif", "other.gif"};
  const auto both = [&](const std::string& scales) {
    words options = controlled(second);
    options.insert(options.end(), {"--controlnet_conditioning_scale", scales});
    return latents_of(folder, options);
  };
  const std::string first_alone = latents_of(folder, controlled({"--controlnet_conditioning_scale", "0.4"}));
  EXPECT_EQ(both("0.4,0"), first_alone);
  EXPECT_NE(both("0.4,0.4"), first_alone);
}

TEST(Guided, AControlClipOfAnotherSizeFillsTheFrames) {
  const clip_folder folder;
  put_moving_square(folder / "wide.gif", 80, 48, 8);
  words options{"--controlnet", random_controlnet().string(), "--gif", "wide.gif"};
  EXPECT_NE(latents_of(folder, options), latents_of(folder, {}));
}

TEST(Guided, AVideoIsMadeAnewAsFarAsStrengthSays) {
  const clip_folder folder;
  const std::string plain = latents_of(folder, {});
  const std::string half = latents_of(folder, {"--init_video", "input.gif", "--strength", "0.5"});
  const std::string whole = latents_of(folder, {"--init_video", "input.gif", "--strength", "1"});
  EXPECT_NE(half, plain);
  EXPECT_NE(half, whole);
}

TEST(Guided, AMaskChoosesWhatIsMadeAnew) {
  const clip_folder folder;
  const std::string masked = latents_of(folder, {"--init_video", "input.gif", "--mask", "input.gif"});
  EXPECT_NE(masked, latents_of(folder, {"--init_video", "input.gif", "--strength", "1"}));
  EXPECT_NE(masked, latents_of(folder, {}));
}

TEST(Guided, PicturesStandAtTheirFrames) {
  const clip_folder folder;
  put_moving_square(folder / "picture.gif", 64, 64, 1);
  const std::string first = latents_of(folder, {"--init_image", "picture.gif"});
  EXPECT_EQ(latents_of(folder, {"--init_image", "picture.gif", "--init_frame", "0"}), first);
  EXPECT_NE(latents_of(folder, {"--init_image", "picture.gif", "--init_frame", "7"}), first);
}

}  // namespace
}  // namespace zoetrope
