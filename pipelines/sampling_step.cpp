// See sampling_step.hpp.
#include "pipelines/sampling_step.hpp"

#include <ATen/ATen.h>

#include "models/guided_step.hpp"

namespace zoetrope {

at::Tensor sampling_step(scheduler& steps, const step_input& input, const guidance_options& guidance) {
  const bool one_pass = guidance.rescale <= 0 || !guidance.active();
  const auto linear = one_pass ? steps.take_linear_step(input.timestep, input.options) : std::nullopt;
  if (!linear) {
    step_input guided = input;
    guided.model_output = guide(input.model_output, guidance);
    return steps.step(guided).prev_sample;
  }
  guided_step_input in;
  in.sample = input.sample;
  in.scale = guidance.scale;
  if (guidance.active()) {
    const auto halves = input.model_output.chunk(2);
    in.negative = halves[0];
    in.text = halves[1];
  } else {
    in.negative = input.model_output;
  }
  if (linear->draws)
    in.noise = input.noise(in.negative.sizes(), in.negative.scalar_type()).to(in.negative.options());
  in.on_sample = linear->sample;
  in.on_output = linear->output;
  in.on_noise = linear->noise;
  return guided_step(in);
}

}  // namespace zoetrope
