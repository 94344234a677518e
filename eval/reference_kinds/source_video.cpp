// Reference cases of kind source_video_run: a generation that starts from a clip, with or without a mask.
#include <ATen/ATen.h>

#include "eval/reference_kinds/pipeline_case.hpp"
#include "eval/reference_kinds/reference_kinds.hpp"

namespace zoetrope {

void run_source_video_case(const reference_case& reference, reference_report& report) {
  text_to_video_call call = pipeline_call(reference);
  call.compat_hotshot = false;
  source_video source{reference.input("frames"), {}, reference.description().at("strength").get<double>()};
  if (reference.has_input("mask")) source.mask = reference.input("mask");
  call.source = std::move(source);
  std::vector<at::Tensor> latents;
  call.on_step = [&](const step_report& step) {
    latents.push_back(step.latents.clone());
    return true;
  };
  const text_to_video_result got = text_to_video(load_pipeline_model(reference), call);

  constexpr double level_tolerance = 1e-4, video_tolerance = 1e-3;
  report.check("timesteps", got.timesteps, level_tolerance);
  report.check("latents_per_step", at::stack(latents));
  report.check("video", got.video, video_tolerance);
}

}  // namespace zoetrope
