// What a user gets wrong about ControlNets, clips and pictures: found before the first step.
#include "tests/cli/small_clips.hpp"

namespace zoetrope {
namespace {

class GuidedErrors : public testing::Test {
 protected:
  void refuse(const words& arguments, int exit_code, const words& messages) const {
    expect_refused(folder, arguments, exit_code, messages);
  }
  void refuse_control(const words& more, int exit_code, const words& messages) const {
    words arguments{"--controlnet", random_controlnet().string()};
    arguments.insert(arguments.end(), more.begin(), more.end());
    refuse(arguments, exit_code, messages);
  }
  const clip_folder folder;
};

TEST_F(GuidedErrors, AClipShorterThanAsked) {
  put_moving_square(folder / "short.gif", 64, 64, 4);
  refuse_control({"--gif", "short.gif"}, 3, {"short.gif", "has 4 frames, 8 are asked"});
  refuse({"--init_video", "short.gif"}, 3, {"short.gif", "has 4 frames, 8 are asked"});
}

TEST_F(GuidedErrors, WhatIsNoPicture) {
  folder.put("text.gif", "a text");
  folder.put("empty/text.txt", "a text");
  for (const std::string file : {"text.gif", "absent.gif", "empty"}) {
    refuse_control({"--gif", file}, 3, {file});
    refuse({"--init_video", file}, 3, {file});
    refuse({"--init_image", file}, 3, {file});
    refuse({"--init_video", "input.gif", "--mask", file}, 3, {file});
  }
}

TEST_F(GuidedErrors, AWindowThatEndsBeforeItStarts) {
  refuse_control({"--gif", "input.gif", "--control_guidance_start", "0.8", "--control_guidance_end", "0.2"},
                 2, {"--control_guidance_start", "0.8", "0.2"});
  refuse_control({"--gif", "input.gif", "--control_guidance_end", "1.5"}, 2,
                 {"--control_guidance_end", "1.5"});
}

TEST_F(GuidedErrors, AMaskOfAnotherLength) {
  put_moving_square(folder / "mask.gif", 64, 64, 5);
  refuse({"--init_video", "input.gif", "--mask", "mask.gif"}, 3, {"mask.gif", "5 frames", "wanted 1"});
}

TEST_F(GuidedErrors, AControlNetOfAnotherWidthByKeyGotAndWanted) {
  ASSERT_EQ(run({{"init", "--preset", "controlnet-tiny", "--set", "controlnet.block_out_channels=[32,64,128]",
                  "wide", "-q"},
                 folder.path()})
                .exit_code,
            0);
  refuse({"--controlnet", "wide", "--gif", "input.gif"}, 3,
         {"block_out_channels", "[32, 64, 128]", "wanted [64, 96, 96]"});
}

TEST_F(GuidedErrors, AControlNetThatIsNotThere) {
  refuse({"--controlnet", "absent", "--gif", "input.gif"}, 3, {"ControlNet absent", "no such folder"});
  refuse({"--control_type", "blur", "--gif", "input.gif"}, 2, {"--control_type", "blur"});
}

TEST_F(GuidedErrors, CountsThatDoNotGoTogether) {
  refuse_control({}, 2, {"--gif"});
  refuse({"--gif", "input.gif"}, 2, {"--gif", "--controlnet"});
  refuse_control({"--gif", "input.gif", "--controlnet_conditioning_scale", "0.5,0.5"}, 2,
                 {"--controlnet_conditioning_scale", "give one"});
  refuse({"--init_image", "input.gif", "--init_image", "input.gif"}, 2, {"--init_frame"});
}

TEST_F(GuidedErrors, APreprocessorThatIsNotKnownOrCannotBe) {
  refuse_control({"--gif", "input.gif", "--preprocessor", "blur"}, 2, {"blur", "canny"});
  refuse_control({"--gif", "input.gif", "--preprocessor", "canny:low=3"}, 2, {"--preprocessor", "low"});
}

TEST_F(GuidedErrors, OptionsThatNothingWouldUse) {
  refuse({"--mask", "input.gif"}, 2, {"--mask", "--init_video"});
  refuse({"--strength", "0.5"}, 2, {"--strength", "--init_video"});
  refuse({"--init_frame", "3"}, 2, {"--init_frame", "--init_image"});
  refuse({"--guess_mode"}, 2, {"--guess_mode", "--controlnet"});
  refuse({"--lora_beside"}, 2, {"--lora_beside", "--lora"});
}

TEST_F(GuidedErrors, AStrengthThatLeavesNoStepNamesTheLeastThatDoes) {
  refuse({"--init_video", "input.gif", "--strength", "0.3"}, 2, {"0.3", "the least that works is 0.5"});
  refuse({"--init_video", "input.gif", "--strength", "0"}, 2, {"strength"});
}

TEST_F(GuidedErrors, ASchedulerThatCannotBeginInTheMiddle) {
  const words half{"--init_video", "input.gif",     "--strength", "0.5",
                   "--scheduler",  "PNDMScheduler", "--steps",    "8"};
  refuse(half, 2, {"PNDMScheduler", "Runge-Kutta", "skip_prk_steps", "strength 1"});
  words without = half;
  without.insert(without.end(), {"--scheduler_config", "skip_prk_steps=true"});
  EXPECT_NE(latents_of(folder, without), "");
}

TEST_F(GuidedErrors, APictureForAFrameThatThereIsNot) {
  put_moving_square(folder / "picture.gif", 64, 64, 1);
  refuse({"--init_image", "picture.gif", "--init_frame", "8"}, 2, {"frame 8", "0 to 7"});
}

}  // namespace
}  // namespace zoetrope
