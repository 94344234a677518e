// `zoetrope profile`: how long a denoising step takes, part by part, and how much memory it needs.
#include <algorithm>
#include <cstdio>

#include "cli/commands.hpp"
#include "cli/interruption.hpp"
#include "cli/preset_model.hpp"
#include "cli/progress.hpp"
#include "core/byte_size.hpp"
#include "core/json_text.hpp"
#include "core/tensor/device.hpp"
#include "core/tensor/machine.hpp"
#include "core/tensor/random_weights.hpp"
#include "eval/profiler.hpp"
#include "pipelines/demo_model.hpp"
#include "pipelines/plugin.hpp"

namespace zoetrope {

namespace {

struct profile_arguments {
  std::string model, preset, precision = "auto", device = "auto", motion;
  std::vector<std::string> controlnets, unet, plugins;
  profile_options run;
  int threads = 0;
  bool no_guidance = false, as_json = false, quiet = false;
};

void print_kernels(const console& out, const std::vector<gpu_kernel>& kernels) {
  if (kernels.empty()) return;
  int64_t launches = 0;
  double ms = 0;
  for (const gpu_kernel& kernel : kernels) launches += kernel.launches, ms += 1000 * kernel.seconds;
  char line[256];
  std::snprintf(line, sizeof line, "%lld kernels a step, at work for %.1f ms, most of it in",
                static_cast<long long>(launches), ms);
  out.print(line);
  constexpr std::size_t shown = 15;
  for (std::size_t i = 0; i < std::min(shown, kernels.size()); ++i) {
    std::snprintf(line, sizeof line, "  %8.2f ms %6lld x  %.100s", 1000 * kernels[i].seconds,
                  static_cast<long long>(kernels[i].launches), kernels[i].name.c_str());
    out.print(line);
  }
}

/// A preset's model of random weights, made on the device.
text_to_video_model random_model(const std::string& name, const json& unet_changes,
                                 const resolved_precision& precision, at::Device device, bool weights) {
  const model_preset preset = preset_named(name);
  ZT_CHECK(!preset.index.is_null(), usage, "profile: preset ", name, " is a part of a model, not a model");
  text_to_video_model model = preset_model(preset, unet_changes, {}, precision.dtype, device);
  if (!weights) return model;
  for (module* part :
       std::initializer_list<module*>{model.text_encoder.get(), model.text_encoder_2.get(), model.unet.get()})
    fill_at_random(*part, model.dtype, device);
  fill_at_random(*model.vae, model.vae_dtype, device);
  return model;
}

void print(const console& out, const profile_report& report) {
  const time_spread step = spread_of(report.unet_step_ms);
  char line[160];
  std::snprintf(line, sizeof line,
                "UNet, %lld x %lld, %lld frames, batch %lld: %.1f ms a step (%.1f to %.1f)",
                static_cast<long long>(report.width), static_cast<long long>(report.height),
                static_cast<long long>(report.video_length), static_cast<long long>(report.batch),
                step.median, step.min, step.max);
  out.print(line);
  const auto print_flops = [&](const char* what, double flops, double ms) {
    std::snprintf(line, sizeof line, "  %-22s %10.2f GFLOP a step, %.1f GFLOP/s", what, flops / 1e9,
                  flops / ms / 1e6);
    out.print(line);
  };
  print_flops("UNet", static_cast<double>(report.flops.unet), step.median);
  if (!report.controlnet_step_ms.empty()) {
    double flops = 0;
    for (const int64_t one : report.flops.controls) flops += static_cast<double>(one);
    const double ms = spread_of(report.controlnet_step_ms).median;
    print_flops("ControlNets", flops, ms);
    std::snprintf(line, sizeof line,
                  "  %-22s %10.1f ms: %.1f %% of the UNet's time, %.1f %% of its operations", "ControlNets",
                  ms, 100 * ms / step.median, 100 * flops / static_cast<double>(report.flops.unet));
    out.print(line);
  }
  for (const auto& [kind, ms] : report.parts_ms) {
    std::snprintf(line, sizeof line, "  %-22s %10.1f ms", kind.c_str(), ms);
    out.print(line);
  }
  print_kernels(out, report.kernels);
  out.print(concat("peak memory: ", readable_bytes(static_cast<double>(report.peak_memory_bytes))));
}

std::string model_path(const profile_arguments& chosen) {
  if (!chosen.model.empty()) return chosen.model;
  const auto demo = find_demo_model();
  ZT_CHECK(demo, usage, "profile: give a model directory");
  return demo->string();
}

/// The model, with its weights or without.
std::function<text_to_video_model(bool weights)> model_loader(const profile_arguments& chosen,
                                                              const resolved_precision& precision,
                                                              at::Device device) {
  config swaps;
  for (const std::string& assignment : chosen.unet) swaps.set(assignment);
  if (!chosen.preset.empty()) {
    ZT_CHECK(chosen.model.empty() && chosen.controlnets.empty() && chosen.motion.empty(), usage,
             "profile: --preset goes without a model directory, --controlnet and --motion");
    return [&chosen, changes = swaps.value(), precision, device](bool weights) {
      return random_model(chosen.preset, changes, precision, device, weights);
    };
  }
  model_load_options load{.dtype = precision.dtype, .device = device};
  load.controlnets.assign(chosen.controlnets.begin(), chosen.controlnets.end());
  load.motion = chosen.motion;
  load.unet_changes = swaps.value();
  return [path = model_path(chosen), load](bool weights) mutable {
    load.weights = weights;
    return load_text_to_video_model(model_directory::open(path), load);
  };
}

void run(const profile_arguments& chosen, console& out) {
  out.quiet = chosen.quiet || chosen.as_json;
  set_thread_count(chosen.threads);
  const at::Device device = parse_device(chosen.device);
  const resolved_precision precision = resolve_precision(wanted_precision(chosen.precision, device), device);
  if (!precision.note.empty()) out.note(precision.note);
  for (const std::string& library : chosen.plugins) load_plugin(library);
  const auto load = model_loader(chosen, precision, device);
  text_to_video_model model = load(true);
  profile_options options = chosen.run;
  options.guidance = !chosen.no_guidance;
  auto bar = std::make_unique<progress>(progress_style(out.quiet), "profiling", "step");
  options.on_step = [&](int64_t done, int64_t total) {
    bar->update(done, total);
    return pending_signal() == 0;
  };
  profile_report report = profile(model, options);
  bar.reset();
  const memory_planner planner(load(false));
  report.flops = flops_of_step(planner, profiled_call(model, options, 1));
  if (!chosen.as_json) return print(out, report);
  json tree = to_json(report);
  tree["model"] = chosen.preset.empty() ? model_path(chosen) : chosen.preset;
  tree["precision"] = name_of_precision(precision.dtype);
  tree["machine"] = to_json(this_machine());
  out.print(pretty(tree));
}

}  // namespace

void add_profile(CLI::App& program, command_context& context) {
  auto chosen = std::make_shared<profile_arguments>();
  CLI::App* command = program.add_subcommand("profile", "times the denoiser of a model, part by part");
  command->add_option("model", chosen->model,
                      "model directory, or org/name; the model that comes with zoetrope if left out");
  command
      ->add_option("--preset", chosen->preset,
                   "instead: a preset's net of random weights, made on the device")
      ->type_name("NAME");
  command
      ->add_option("--controlnet", chosen->controlnets,
                   "ControlNet folder that runs beside the UNet; several if given several times")
      ->type_name("DIR")
      ->allow_extra_args(false);
  command->add_option("--unet", chosen->unet, "swaps a part of the UNet, as for generate: temporal.type=conv")
      ->type_name("KEY=VALUE")
      ->allow_extra_args(false);
  command->add_option("--motion", chosen->motion, "temporal layers of a motion family, as for generate")
      ->type_name("PATH");
  command->add_option("--plugin", chosen->plugins, "a shared library with parts of yours")
      ->type_name("FILE")
      ->allow_extra_args(false);
  command->add_option("--width", chosen->run.width, "0: what the model was made for")
      ->type_name("PIXELS")
      ->capture_default_str();
  command->add_option("--height", chosen->run.height, "the same")->type_name("PIXELS")->capture_default_str();
  command->add_option("--video_length", chosen->run.video_length, "of the clip")
      ->type_name("FRAMES")
      ->capture_default_str();
  command->add_option("--steps", chosen->run.steps, "steps to time, after one to warm up")
      ->type_name("N")
      ->capture_default_str();
  command->add_flag("--no_guidance", chosen->no_guidance, "a batch of one; with guidance it is two");
  command->add_option("--precision", chosen->precision, "auto, f32, f16 or bf16")
      ->type_name("TYPE")
      ->capture_default_str();
  command->add_option("--device", chosen->device, "auto, cpu, cuda or cuda:N")
      ->type_name("NAME")
      ->capture_default_str();
  command->add_option("--threads", chosen->threads, "CPU threads; 0: all cores")
      ->type_name("N")
      ->capture_default_str();
  command->add_option("--seed", chosen->run.seed, "of the random latents")
      ->type_name("N")
      ->capture_default_str();
  command->add_flag("--json", chosen->as_json, "as JSON on stdout");
  command->add_flag("-q,--quiet", chosen->quiet, "no progress");
  command->callback([chosen, &context] { run(*chosen, context.out); });
}

}  // namespace zoetrope
