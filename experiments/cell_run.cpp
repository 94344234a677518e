// See cell_run.hpp.
#include "experiments/cell_run.hpp"

#include <ATen/ATen.h>
#include <ATen/Parallel.h>

#include <chrono>
#include <ctime>

#include "core/io/sha256.hpp"
#include "core/tensor/machine.hpp"
#include "eval/memory_sampler.hpp"
#include "eval/metric_suite.hpp"
#include "eval/speed_measurement.hpp"
#include "experiments/source_revision.hpp"
#include "pipelines/denoising_plan.hpp"
#include "pipelines/output_file.hpp"

namespace zoetrope {
namespace {

hdf5_array<float> as_array(const at::Tensor& latents) {
  const at::Tensor flat = latents.to(at::kCPU, at::kFloat).contiguous();
  const float* values = flat.const_data_ptr<float>();
  hdf5_array<float> array{{values, values + flat.numel()}, {}};
  for (const int64_t size : flat.sizes()) array.shape.push_back(static_cast<std::uint64_t>(size));
  return array;
}

template <class Element>
std::string hash_of(const hdf5_array<Element>& array) {
  return sha256_of(std::as_bytes(std::span(array.values)));
}

void tell_plan(const memory_plan& plan, result& cell) {
  cell.memory["planned_peak"] = plan.peak();
  cell.memory["planned_process"] = plan.process;
  for (const part_memory& part : plan.parts) {
    cell.memory["weights_" + part.part] = part.weights();
    cell.memory["mapped_" + part.part] = part.mapped;
  }
  for (const phase_memory& phase : plan.phases) {
    const std::string name = name_of(phase.phase);
    cell.memory["planned_weights_" + name] = phase.weights;
    cell.memory["planned_activations_" + name] = phase.activations;
    cell.memory["planned_cache_" + name] = phase.cache;
    cell.memory["planned_workspace_" + name] = phase.workspace;
  }
}

text_to_video_call call_for(const cell_work& work, const cell_conditions& conditions) {
  text_to_video_call call = call_of(work.resolved.settings, {work.prompt});
  call.seeds = {work.seed};
  call.on_step = [&conditions](const step_report&) { return conditions.goes_on(); };
  call.on_frame = [&conditions](int64_t, int64_t) { return conditions.goes_on(); };
  return call;
}

}  // namespace

void measure_metrics(const cell_work& work, const rgb_frames& frames, result& cell) {
  if (work.metrics.empty()) return;
  std::vector<config> parts;
  for (const json& metric : work.metrics) parts.emplace_back(metric, "metrics");
  const metric_suite suite(parts, {work.metric_weights});
  const float_clip clip = to_float(frames);
  const generation_settings& settings = work.resolved.settings;
  const double fps =
      1000.0 * static_cast<double>(frames.frames.size()) / static_cast<double>(settings.video_duration);
  const clip_file* partner = work.references->find(work.prompt, work.seed);
  const float_clip reference = partner ? to_float(frames_of(*partner).clip) : float_clip();
  const clip_scores scores = suite.score({.clip = clip,
                                          .fps = fps,
                                          .reference = partner ? &reference : nullptr,
                                          .no_reference = work.references->missing(),
                                          .prompt = work.prompt,
                                          .seed = work.seed,
                                          .threads = at::get_num_threads()});
  for (const metric_values& value : scores.values)
    cell.metrics[value.name] = {
        value.unit, name_of(value.direction), value.per_video, value.per_pair, value.curves, {}};
  for (const auto& [name, reason] : scores.unavailable)
    cell.metrics[name].unavailable = "unavailable: " + reason;
}

void warm_up(const text_to_video_model& model, const cell_work& work, const cell_conditions& conditions) {
  text_to_video(model, in_few_steps(model, call_for(work, conditions), 2));
}

made_clip run_cell(const text_to_video_model& model, const cell_work& work, const memory_plan* planned,
                   const cell_conditions& conditions, result& cell) {
  const text_to_video_call call = call_for(work, conditions);
  cell.versions["scheduler"] = call.scheduler_class.empty() ? model.scheduler_class : call.scheduler_class;
  std::optional<memory_sampler> sampler;
  std::int64_t at_start = 0;
  if (work.memory) {
    reset_peak_memory(model.device);
    at_start = process_memory().resident_bytes;
    sampler.emplace(model.device);
  }
  const text_to_video_result made = text_to_video(model, call);
  if (work.memory) {
    cell.timeline = sampler->stop();
    const memory_use used = process_memory(model.device);
    cell.memory["peak_resident"] = used.peak_resident_bytes;
    cell.memory["peak_above_start"] = used.peak_resident_bytes - at_start;
    if (!model.device.is_cpu()) cell.memory["peak_device"] = used.gpu_peak_bytes;
    if (planned) tell_plan(*planned, cell);
  }
  made_clip clip{frames_of(made.video, 0, work.resolved.settings.compat == "hotshot"),
                 as_array(made.latents[0])};
  cell.frames_sha256 = hash_of(as_array(clip.frames));
  cell.latents_sha256 = hash_of(clip.latents);
  measure_metrics(work, clip.frames, cell);
  if (work.speed) cell.speed = measure_speed(model, call, *work.speed, conditions.goes_on);
  return clip;
}

hdf5_array<std::uint8_t> as_array(const rgb_frames& clip) {
  hdf5_array<std::uint8_t> array;
  array.shape = {clip.frames.size(), static_cast<std::uint64_t>(clip.height),
                 static_cast<std::uint64_t>(clip.width), 3};
  for (const auto& frame : clip.frames) array.values.insert(array.values.end(), frame.begin(), frame.end());
  return array;
}

std::string utc_now() {
  using namespace std::chrono;
  const auto now = system_clock::now();
  const std::time_t whole = system_clock::to_time_t(now);
  std::tm parts{};
  ::gmtime_r(&whole, &parts);
  char text[40];
  const std::size_t length = std::strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%S", &parts);
  const auto thousandths = duration_cast<milliseconds>(now.time_since_epoch()).count() % 1000;
  std::snprintf(text + length, sizeof text - length, ".%03dZ", static_cast<int>(thousandths));
  return text;
}

void tell_where(const resolved_generation& resolved, const cell_conditions& conditions, result& cell) {
  const placement where = placement_of(resolved.settings);
  const machine_info machine = this_machine();
  const source_revision revision = built_revision();
  cell.git_revision = revision.commit;
  cell.git_dirty = revision.dirty;
  cell.command = conditions.command;
  cell.device = where.device.is_cpu() ? concat("cpu: ", machine.cpu.model) : where.device.str();
  cell.driver = where.device.is_cpu() ? "none" : machine.cuda_status;
  cell.threads = machine.threads;
  json facts = to_json(machine);
  for (const char* varying : {"available_bytes", "threads"}) facts.erase(varying);
  facts["zoetrope"] = ZOETROPE_VERSION;
  facts["precision"] = name_of_precision(where.precision.dtype);
  cell.versions = std::move(facts);
  cell.started = utc_now();
}

memory_plan plan_memory(const cell_work& work, std::int64_t process) {
  const generation_settings& settings = work.resolved.settings;
  const held_beside beside{placement_of(settings).device.is_cpu() ? process : 0, 0};
  const memory_planner planner(open_model(work.resolved), beside);
  return planner.plan(call_of(settings, {work.prompt}));
}

cell_work work_of(const experiment_file& experiment, const experiment_cells& all,
                  const experiment_cell& cell) {
  return {all.arms[cell.arm].resolved, cell.prompt,    cell.seed,        experiment.metrics,
          experiment.metric_weights,   all.references, experiment.speed, experiment.memory};
}

cell_work work_of(const json& stored, std::uint64_t seed) {
  const config root(stored, "stored config");
  cell_work work{resolve(config(root.at("generation").value(), "stored generation"))};
  work.prompt = work.resolved.settings.prompt.at(0);
  work.seed = seed;
  const config metrics = root.at("metrics");
  for (std::size_t i = 0; i < metrics.size(); ++i) work.metrics.push_back(metrics.at(i).value());
  work.metric_weights = root.get("metric_weights", "");
  work.references = std::make_shared<reference_clips>(root.get("reference", ""));
  if (root.has("speed")) {
    const config speed = root.at("speed");
    work.speed = noise_options{speed.get<double>("max_noise"), speed.get<double>("min_seconds"),
                               speed.get<double>("timeout_seconds"), speed.get<int64_t>("min_samples")};
  }
  work.memory = root.get("memory", false);
  return work;
}

}  // namespace zoetrope
