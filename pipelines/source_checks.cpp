// See source_checks.hpp.
#include "pipelines/source_checks.hpp"

#include <ATen/ATen.h>

namespace zoetrope {

namespace {

int64_t steps_kept(int64_t steps, double strength) {
  return std::min(static_cast<int64_t>(static_cast<double>(steps) * strength), steps);
}

}  // namespace

void check_clip(const char* what, const at::Tensor& clip, int64_t channels, const text_to_video_call& call) {
  ZT_CHECK(clip.defined() && clip.dim() == 4 && clip.size(1) == channels, usage, "the ", what, " is ",
           clip.defined() ? concat(clip.sizes()) : "not given", ", wanted [frames, ", channels,
           ", height, width]");
  ZT_CHECK(clip.size(0) == call.video_length, usage, "the ", what, " has ", clip.size(0), " frames, ",
           call.video_length, " are asked");
  ZT_CHECK(clip.size(2) == *call.height && clip.size(3) == *call.width, usage, "the ", what, " is ",
           clip.size(3), " x ", clip.size(2), " pixels, ", *call.width, " x ", *call.height, " are asked");
  ZT_CHECK(clip.is_floating_point(), usage, "the ", what, " is not floating point in [0, 1]");
  if (clip.is_meta()) return;
  ZT_CHECK(clip.ge(0).logical_and(clip.le(1)).all().item<bool>(), usage, "the ", what,
           " has values outside [0, 1], or that are no numbers");
}

void check_source(const text_to_video_call& call) {
  if (!call.source) return;
  ZT_CHECK(!call.latents.defined() && !call.denoising_start, usage,
           "a source video, latents and denoising_start are different places to start from: give one");
  check_clip("source video", call.source->frames, 3, call);
  const double strength = call.source->strength;
  ZT_CHECK(strength > 0 && strength <= 1, usage, "strength is ", strength, ", not above 0 and up to 1");
  if (!call.source->mask.defined()) return;
  check_clip("mask", call.source->mask, 1, call);
  ZT_CHECK(call.denoising_end.value_or(1) == 1, usage,
           "a mask needs the run to its end: what is kept has no noise then, and the rest would");
}

int64_t steps_left_out(int64_t steps, double strength) {
  if (steps_kept(steps, strength) >= 1) return steps - steps_kept(steps, strength);
  constexpr int64_t grain = 1'000'000;
  int64_t least = (grain + steps - 1) / steps;
  while (steps_kept(steps, static_cast<double>(least) / grain) < 1) ++least;
  throw error(error_kind::usage,
              concat("strength ", strength, " leaves none of ", steps, " steps; the least that works is ",
                     static_cast<double>(least) / grain));
}

}  // namespace zoetrope
