// See experiment_estimate.hpp.
#include "experiments/experiment_estimate.hpp"

#include <chrono>

#include "core/tensor/device.hpp"
#include "pipelines/denoising_plan.hpp"
#include "pipelines/output_file.hpp"
#include "pipelines/step_flops.hpp"

namespace zoetrope {
namespace {

struct measured_seconds {
  double text, step, vae, metrics;
};

// Two steps: the first one brings the weights in, the second is timed.
measured_seconds measure(const cell_work& work, const cell_conditions& conditions) {
  const generation_settings& settings = work.resolved.settings;
  set_thread_count(static_cast<int>(settings.threads));
  const text_to_video_model model = open_model(work.resolved);
  text_to_video_call call = in_few_steps(model, call_of(settings, {work.prompt}), 2);
  call.seeds = {work.seed};
  call.on_step = [&](const step_report&) { return conditions.goes_on(); };
  const text_to_video_result made = text_to_video(model, call);
  const auto start = std::chrono::steady_clock::now();
  result unused;
  measure_metrics(work, frames_of(made.video, 0, false), unused);
  const std::chrono::duration<double> metrics = std::chrono::steady_clock::now() - start;
  return {made.timings.text, made.timings.steps.back(), made.timings.vae, metrics.count()};
}

arm_estimate counted(const cell_work& work, std::int64_t process) {
  const generation_settings& settings = work.resolved.settings;
  const held_beside beside{placement_of(settings).device.is_cpu() ? process : 0, 0};
  const memory_planner planner(open_model(work.resolved), beside);
  const text_to_video_call call = checked_call(planner.model(), call_of(settings, {work.prompt}));
  const step_flops flops = flops_of_step(planner, call);
  arm_estimate arm;
  arm.peak_bytes = planner.plan(call).peak();
  arm.steps = static_cast<std::int64_t>(plan_denoising(planner.model(), call).timesteps.size());
  arm.step_flops = static_cast<double>(flops.unet);
  for (const std::int64_t net : flops.controls) arm.step_flops += static_cast<double>(net);
  arm.pixels = static_cast<double>(*call.width * *call.height * call.video_length);
  return arm;
}

}  // namespace

std::vector<arm_estimate> estimate(const experiment_file& experiment, const experiment_cells& all,
                                   const cell_conditions& conditions) {
  std::vector<arm_estimate> arms(all.arms.size());
  std::vector<const experiment_cell*> firsts(all.arms.size());
  for (const experiment_cell& cell : all.cells)
    if (!firsts[cell.arm]) firsts[cell.arm] = &cell;
  const std::int64_t process = process_base_bytes(at::kCPU);
  for (std::size_t i = 0; i < arms.size(); ++i)
    arms[i] = counted(work_of(experiment, all, *firsts[i]), process);
  const measured_seconds first = measure(work_of(experiment, all, *firsts[0]), conditions);
  for (arm_estimate& arm : arms) {
    const double operations = arm.step_flops / arms[0].step_flops, pixels = arm.pixels / arms[0].pixels;
    arm.seconds = first.text + first.step * operations * static_cast<double>(arm.steps) +
                  (first.vae + first.metrics) * pixels;
    if (experiment.speed) arm.seconds += experiment.speed->timeout_seconds;
  }
  return arms;
}

}  // namespace zoetrope
