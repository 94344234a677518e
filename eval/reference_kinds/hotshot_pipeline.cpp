// Reference cases of kinds hotshot_pipeline_model (a whole folder: token ids and text states) and
// hotshot_pipeline_run (a whole generation, step by step, with recorded noise).
#include <ATen/ATen.h>

#include <algorithm>

#include "core/registry.hpp"
#include "eval/reference_kinds/pipeline_case.hpp"
#include "eval/reference_kinds/reference_kinds.hpp"
#include "pipelines/prompt_encoder.hpp"
#include "pipelines/text_to_video.hpp"

namespace zoetrope {

namespace {

/// What the ControlNet did step by step. The original runs it at scale 0 where we do not run it: zeros there.
class controlled_steps {
 public:
  void see(const control_report& step) {
    scales_.push_back(step.scale);
    // rows c f h w -> (rows f) c h w
    mids_.push_back(step.mid.defined() ? step.mid.transpose(1, 2).flatten(0, 1).clone() : at::Tensor());
  }
  void check(reference_report& report, double scale_tolerance) {
    const auto run =
        std::find_if(mids_.begin(), mids_.end(), [](const at::Tensor& mid) { return mid.defined(); });
    if (run == mids_.end()) return report.fail("the ControlNet was never run");
    for (at::Tensor& mid : mids_)
      if (!mid.defined()) mid = at::zeros_like(*run);
    report.check("cond_scale_per_step", at::tensor(scales_, at::kDouble), scale_tolerance);
    report.check("controlnet_mid_per_step", at::stack(mids_));
  }

 private:
  std::vector<double> scales_;
  std::vector<at::Tensor> mids_;
};

}  // namespace

void run_hotshot_pipeline_model_case(const reference_case& reference, reference_report& report) {
  const text_to_video_model model = load_pipeline_model(reference);
  const config description(reference.description(), (reference.folder() / "case.json").string());
  const auto prompts = description.get<std::vector<std::string>>("prompts");
  for (std::size_t i = 0; i < prompts.size(); ++i) {
    const encoded_prompts got = encode_prompts(model, {prompts[i]});
    const std::string prefix = concat(i, ".");
    report.check(prefix + "ids1", got.ids_1);
    report.check(prefix + "ids2", got.ids_2);
    report.check(prefix + "prompt_embeds", got.prompt_embeds);
    report.check(prefix + "pooled", got.pooled);
  }
  const encoded_prompts empty = encode_prompts(model, {""});
  report.check("empty_negative.prompt_embeds", empty.prompt_embeds);
  report.check("empty_negative.pooled", empty.pooled);
}

void run_hotshot_pipeline_run_case(const reference_case& reference, reference_report& report) {
  text_to_video_call call = pipeline_call(reference);
  call.latents = reference.input("latents");
  int64_t draws = 0;
  call.noise = [&, bank = reference.input("noise")](at::IntArrayRef shape, at::ScalarType dtype) {
    ZT_CHECK(draws < bank.size(0), runtime, "draw ", draws, " of the ", bank.size(0),
             " that the original made");
    const at::Tensor noise = bank[draws++].to(dtype);
    ZT_CHECK(noise.sizes() == shape, runtime, "a draw of shape ", shape, " where the original drew ",
             noise.sizes());
    return noise;
  };
  std::vector<at::Tensor> latents, unet_outputs;
  controlled_steps controlled;
  call.on_step = [&](const step_report& step) {
    latents.push_back(step.latents.clone());
    if (step.index < 2) unet_outputs.push_back(step.unet_output.clone());
    if (!call.controls.empty()) controlled.see(step.controls.front());
    return true;
  };
  const text_to_video_result got = text_to_video(load_pipeline_model(reference), call);

  constexpr double text_tolerance = 5e-5, level_tolerance = 1e-4, video_tolerance = 1e-3;
  report.check("prompt_embeds", got.conditioning.prompt_embeds, text_tolerance);
  report.check("text_embeds", got.conditioning.text_embeds, text_tolerance);
  report.check("time_ids", got.conditioning.time_ids, text_tolerance);
  report.check("timesteps", got.timesteps, level_tolerance);
  if (got.sigmas.defined()) report.check_if_present("sigmas", got.sigmas, level_tolerance);
  report.check("init_noise_sigma", at::full({1}, got.init_noise_sigma), level_tolerance);
  report.check("noise_draws", at::full({1}, draws, at::kLong));
  report.check("unet_out_per_step", at::stack(unet_outputs));
  report.check("latents_per_step", at::stack(latents));
  report.check("video", got.video, video_tolerance);
  if (!call.controls.empty()) controlled.check(report, level_tolerance);
}

}  // namespace zoetrope
