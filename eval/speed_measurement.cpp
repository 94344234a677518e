// See speed_measurement.hpp.
#include "eval/speed_measurement.hpp"

#include <chrono>

#include "eval/kernel_difference.hpp"
#include "eval/part_clock.hpp"
#include "pipelines/denoising_plan.hpp"

namespace zoetrope {
namespace {

using clock = std::chrono::steady_clock;

double since(clock::time_point start) { return std::chrono::duration<double>(clock::now() - start).count(); }

void append(std::vector<double>& samples, const std::vector<double>& more) {
  samples.insert(samples.end(), more.begin(), more.end());
}

}  // namespace

std::map<std::string, speed_result> measure_speed(const text_to_video_model& model,
                                                  const text_to_video_call& call,
                                                  const noise_options& options,
                                                  const std::function<bool()>& goes_on) {
  std::map<std::string, speed_result> parts;
  text_to_video_call timed = call;
  timed.on_step = [&](const step_report&) { return goes_on(); };
  timed.on_frame = {};
  timed.warn = {};
  noise_criterion criterion(options);
  const auto start = clock::now();
  std::string stopped;
  do {
    const auto begun = clock::now();
    const text_to_video_timings times = text_to_video(model, timed).timings;
    parts["clip"].seconds.push_back(since(begun));
    parts["text"].seconds.push_back(times.text);
    parts["vae"].seconds.push_back(times.vae);
    append(parts["unet_step"].seconds, times.unet);
    append(parts["step"].seconds, times.steps);
    if (!model.controlnets.empty()) append(parts["controlnets"].seconds, times.controlnets);
    for (const double seconds : times.unet) criterion.add(seconds);
    stopped = criterion.stopped(since(start));
  } while (stopped.empty());
  for (auto& [name, part] : parts) part.stopped = stopped;

  part_clock watch(*model.unet);
  timed.on_step = [&](const step_report& step) {
    for (const auto& [kind, seconds] : watch.lap(step.unet_seconds)) {
      parts["unet_" + kind].seconds.push_back(seconds);
      parts["unet_" + kind].stopped = "count";
    }
    return goes_on();
  };
  timed.output_kind = text_to_video_call::output::latents;
  text_to_video(model, timed);

  timed.on_step = [&](const step_report&) { return goes_on(); };
  const auto run_in = [&](int64_t steps) {
    return [&, steps] { text_to_video(model, in_few_steps(model, timed, steps)); };
  };
  for (const gpu_kernel& kernel : kernel_difference(model.device, run_in(2), run_in(1)))
    parts["unet_step"].kernels += kernel.launches;
  for (auto& [name, part] : parts) part.throttled = slowed_down(part.seconds);
  return parts;
}

}  // namespace zoetrope
