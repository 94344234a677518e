// See step_flops.hpp.
#include "pipelines/step_flops.hpp"

#include <ATen/ATen.h>
#include <c10/core/InferenceMode.h>

#include "core/tensor/flop_counter.hpp"
#include "core/tensor/meta_run.hpp"
#include "pipelines/conditioned_unet.hpp"
#include "pipelines/control_runner.hpp"
#include "pipelines/prompt_encoder.hpp"

namespace zoetrope {

namespace {

constexpr double some_timestep = 500;

template <class Body>
int64_t flops_of(const Body& body) {
  const flop_counter counter;
  body();
  return counter.flops();
}

}  // namespace

step_flops flops_of_step(const memory_planner& planner, const text_to_video_call& given) {
  const c10::InferenceMode no_autograd;
  const meta_run run(planner.device());
  const text_to_video_model& model = planner.model();
  const text_to_video_call call = checked_call(model, given);
  const text_conditioning text = condition(model, call);
  const int64_t factor = model.vae->spatial_factor();
  const at::Tensor sample = at::empty({text.prompt_embeds.size(0), model.unet->in_channels(),
                                       call.video_length, *call.height / factor, *call.width / factor},
                                      at::TensorOptions(at::kMeta).dtype(model.dtype));

  const batch_rows rows{0, sample.size(0)};
  step_flops counted;
  const conditioned_unet unet(model, call, text);
  counted.unet = flops_of([&] { unet(sample, some_timestep, {}, rows); });
  for (const control& wanted : call.controls) {
    text_to_video_call alone = call;
    alone.controls = {wanted};
    alone.controls[0].start = 0;
    alone.controls[0].end = 1;
    const control_runner net(model, alone, text, /*steps=*/1);
    counted.controls.push_back(flops_of([&] { net(sample, some_timestep, 0, rows); }));
  }
  return counted;
}

}  // namespace zoetrope
