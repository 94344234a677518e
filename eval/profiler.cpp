// See profiler.hpp.
#include "eval/profiler.hpp"

#include <algorithm>

#include "core/tensor/machine.hpp"
#include "core/tensor/random.hpp"
#include "eval/kernel_difference.hpp"
#include "eval/median.hpp"
#include "eval/part_clock.hpp"
#include "pipelines/text_to_video.hpp"

namespace zoetrope {

text_to_video_call profiled_call(const text_to_video_model& model, const profile_options& options,
                                 int64_t steps) {
  const int64_t side = model.unet->sample_size() * model.vae->spatial_factor();
  text_to_video_call call;
  call.prompts = {"a profile"};
  call.width = options.width > 0 ? options.width : side;
  call.height = options.height > 0 ? options.height : side;
  call.video_length = options.video_length;
  call.steps = steps;
  call.guidance_scale = options.guidance ? 5.0 : 1.0;
  call.seeds = {options.seed};
  call.output_kind = text_to_video_call::output::latents;
  for (std::size_t i = 0; i < model.controlnets.size(); ++i)
    call.controls.push_back(
        {.net = i,
         .frames = generator(options.seed).uniform({call.video_length, 3, *call.height, *call.width}, 0, 1)});
  return call;
}

time_spread spread_of(const std::vector<double>& samples) {
  ZT_CHECK(!samples.empty(), usage, "a median of no samples was asked for");
  const auto [least, most] = std::minmax_element(samples.begin(), samples.end());
  return {median_of(samples), *least, *most};
}

profile_report profile(text_to_video_model& model, const profile_options& options) {
  ZT_CHECK(options.steps >= 1, usage, "profile: ", options.steps, " steps; at least 1 is needed");
  const int64_t watched_steps = std::min<int64_t>(options.steps, 2);
  const int64_t total = 1 + options.steps + (model.device.is_cpu() ? 0 : 5) + watched_steps;
  int64_t done = 0;
  profile_report report;
  using output = text_to_video_call::output;
  const auto run = [&](int64_t steps, std::function<void(const step_report&)> see,
                       output kind = output::latents) {
    text_to_video_call call = profiled_call(model, options, steps);
    call.output_kind = kind;
    call.on_step = [&](const step_report& step) {
      see(step);
      return !options.on_step || options.on_step(++done, total);
    };
    return text_to_video(model, call);
  };

  const auto unseen = [](const step_report&) {};
  run(1, unseen);  // pages in weights, warms up allocator and kernels
  reset_peak_memory(model.device);
  const auto timed = run(options.steps, [&](const step_report& step) {
    report.unet_step_ms.push_back(step.unet_seconds * 1000);
  });
  if (!model.controlnets.empty())
    for (const double seconds : timed.timings.controlnets)
      report.controlnet_step_ms.push_back(seconds * 1000);
  const memory_use memory = process_memory(model.device);
  report.peak_memory_bytes = model.device.is_cpu() ? memory.peak_resident_bytes : memory.gpu_peak_bytes;
  report.kernels = kernel_difference(
      model.device, [&] { run(2, unseen); }, [&] { run(1, unseen); });
  report.vae_kernels = kernel_difference(
      model.device, [&] { run(1, unseen, output::frames); }, [&] { run(1, unseen); });

  part_clock parts(*model.unet);
  const auto watch = [&](const step_report& step) {
    for (const auto& [kind, seconds] : parts.lap(step.unet_seconds))
      report.parts_ms[kind] += 1000 * seconds / static_cast<double>(watched_steps);
  };
  report.parts_ms["vae"] = 1000 * run(watched_steps, watch, output::frames).timings.vae;
  report.parts_ms["text_encoders"] = timed.timings.text * 1000;

  report.width = timed.latents.size(4) * model.vae->spatial_factor();
  report.height = timed.latents.size(3) * model.vae->spatial_factor();
  report.video_length = timed.latents.size(2);
  report.batch = options.guidance ? 2 : 1;
  return report;
}

json to_json(const profile_report& report) {
  const auto spread = [](const std::vector<double>& samples) -> json {
    if (samples.empty()) return nullptr;
    const time_spread step = spread_of(samples);
    return {{"median", step.median}, {"min", step.min}, {"max", step.max}};
  };
  const auto launched = [](const std::vector<gpu_kernel>& kernels) {
    json list = json::array();
    for (const gpu_kernel& kernel : kernels)
      list.push_back({{"name", kernel.name}, {"launches", kernel.launches}, {"ms", 1e3 * kernel.seconds}});
    return list;
  };
  return {{"unet_step_ms", spread(report.unet_step_ms)},
          {"unet_step_ms_all", report.unet_step_ms},
          {"controlnet_step_ms", spread(report.controlnet_step_ms)},
          {"unet_flops", report.flops.unet},
          {"controlnet_flops", report.flops.controls},
          {"parts_ms", report.parts_ms},
          {"kernels", launched(report.kernels)},
          {"vae_kernels", launched(report.vae_kernels)},
          {"peak_memory_bytes", report.peak_memory_bytes},
          {"width", report.width},
          {"height", report.height},
          {"video_length", report.video_length},
          {"batch", report.batch}};
}

}  // namespace zoetrope
