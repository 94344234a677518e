// `zoetrope generate`: prompts in, clips out.
#include <ATen/ATen.h>

#include <chrono>

#include "cli/commands.hpp"
#include "cli/generation_flags.hpp"
#include "cli/interruption.hpp"
#include "cli/prepared_run.hpp"
#include "cli/progress.hpp"
#include "core/byte_size.hpp"
#include "core/json_text.hpp"
#include "core/tensor/weights.hpp"
#include "pipelines/clip_noise.hpp"
#include "pipelines/memory_choice.hpp"
#include "pipelines/output_file.hpp"
#include "pipelines/part_at_work.hpp"

namespace zoetrope {

namespace {

namespace fs = std::filesystem;

struct generate_arguments {
  generation_request request;
  bool dry_run = false, as_json = false, quiet = false;
};

struct prepared : prepared_run {
  std::string format;
  std::vector<fs::path> outputs;
};

// The call for clips first to last - 1 alone: a clip does not depend on those it is computed with.
text_to_video_call part_of(const text_to_video_call& whole, std::size_t first, std::size_t last) {
  text_to_video_call part = whole;
  part.prompts.assign(whole.prompts.begin() + first, whole.prompts.begin() + last);
  if (part.negative_prompts) part.negative_prompts->resize(last - first);  // one for all
  for (uint64_t& seed : part.seeds) seed += first;
  if (whole.latents.defined())
    part.latents = whole.latents.slice(0, static_cast<int64_t>(first), static_cast<int64_t>(last));
  return part;
}

// The fastest policies within --vram, beside those that are asked for by name.
void choose_policies(prepared& ready, const console& out) {
  const generation_settings& settings = ready.settings();
  const memory_planner planner(open_model(ready.resolved), beside_model(settings, ready.model.device));
  const std::size_t clips = std::min(ready.call.prompts.size(), static_cast<std::size_t>(settings.batch));
  const planned_set set = fastest_within(planner, part_of(ready.call, 0, clips),
                                         in_context("--vram", [&] { return parse_bytes(settings.vram); }));
  ready.call.memory = set.policy;
  out.note(concat("--vram ", settings.vram, ": ", set.names.empty() ? "nothing to save" : joined(set.names),
                  "; ", readable_bytes(static_cast<double>(set.plan.peak())), " are planned"));
}

prepared prepare(const generate_arguments& chosen, const console& out) {
  prepared ready{prepare_run(chosen.request, out)};
  const generation_settings& settings = ready.settings();
  ready.format = output_format(settings.output, settings.video_length, settings.compat == "hotshot");
  ready.outputs = output_paths(settings.output, ready.call.prompts.size());
  // What seed 0 is with --compat, is drawn once for all batches.
  ready.call.seeds = clip_seeds(ready.call.seeds, 1, ready.call.compat_hotshot);
  ready.call.output_kind = ready.format == "safetensors" ? text_to_video_call::output::latents
                                                         : text_to_video_call::output::frames;
  if (!settings.vram.empty()) choose_policies(ready, out);
  if (chosen.dry_run) return ready;
  for (const fs::path& path : ready.outputs) check_writable(path, ready.format, settings.video_length);
  fill_what_stays(ready.model, ready.call.memory);
  return ready;
}

void print_dry_run(const console& out, const prepared& ready) {
  json outputs = json::array();
  for (const fs::path& path : ready.outputs) outputs.push_back(path.string());
  for (const std::string& prompt : ready.call.prompts)
    if (const auto tokens = ready.model.tokenizer->tokenize(prompt); !tokens.cut.empty())
      out.warn(concat("the prompt is too long, this is cut: '", printable(tokens.cut), "'"));
  out.print(pretty({{"config", to_json(ready.settings())},
                    {"config_hash", config_hash(ready.settings())},
                    {"model", ready.settings().pretrained_path},
                    {"scheduler", ready.call.scheduler_class.empty() ? ready.model.scheduler_class
                                                                     : ready.call.scheduler_class},
                    {"device", ready.model.device.str()},
                    {"precision", name_of_precision(ready.model.dtype)},
                    {"outputs", outputs}}));
}

std::map<std::string, std::string> metadata_of(const prepared& ready, std::size_t clip, const json& seed) {
  if (ready.settings().no_metadata) return {};
  std::map<std::string, std::string> told{{"prompt", ready.call.prompts[clip]},
                                          {"seed", seed.is_null() ? "none" : seed.dump()},
                                          {"config_hash", config_hash(ready.settings())},
                                          {"software", "zoetrope " ZOETROPE_VERSION}};
  if (!ready.settings().no_negative_prompt) told["negative_prompt"] = ready.settings().negative_prompt;
  return told;
}

// Writes clip `index`, which is row `row` of the result, and says what was written.
json write_clip(const prepared& ready, const text_to_video_result& result, std::size_t index,
                std::size_t row) {
  const generation_settings& settings = ready.settings();
  const fs::path& path = ready.outputs[index];
  const json seed =
      result.seeds.empty() ? json() : json(result.seeds[std::min(row, result.seeds.size() - 1)]);
  const auto metadata = metadata_of(ready, index, seed);
  const int64_t first = static_cast<int64_t>(row);
  json said = {{"path", path.string()}, {"prompt", ready.call.prompts[index]}, {"seed", seed}};
  if (ready.format == "safetensors") {
    save_tensors(path, {{"latents", result.latents.slice(0, first, first + 1).contiguous()}}, metadata);
    return said;
  }
  const bool hotshot = settings.compat == "hotshot";
  const rgb_frames clip =
      enlarge(frames_of(result.video, first, hotshot), static_cast<int>(settings.output_scale));
  output_formats().find(ready.format)(path, clip,
                                      {.duration_ms = settings.video_duration,
                                       .equal_gif_delays = hotshot,
                                       .metadata = {metadata.begin(), metadata.end()}});
  said.update({{"frames", clip.frames.size()}, {"height", clip.height}, {"width", clip.width}});
  return said;
}

text_to_video_result denoise(const prepared& ready, text_to_video_call call, const std::string& label,
                             const console& out, json& warnings) {
  const auto style = progress_style(out.quiet);
  auto shown = std::make_unique<progress>(style, label + "denoising", "step");
  call.on_step = [&](const step_report& step) {
    shown->update(step.index + 1, step.count);
    if (step.index + 1 == step.count) {
      shown.reset();  // ends its line before the next begins
      shown = std::make_unique<progress>(style, label + "decoding", "frame");
    }
    return pending_signal() == 0;
  };
  call.on_frame = [&](int64_t index, int64_t count) {
    shown->update(index + 1, count);
    return pending_signal() == 0;
  };
  call.warn = [&](const std::string& message) {
    warnings.push_back(message);
    out.warn(message);
  };
  return text_to_video(ready.model, call);
}

void run(const generate_arguments& chosen, console& out) {
  const auto start = std::chrono::steady_clock::now();
  const auto seconds = [&] {
    return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  };
  out.quiet = chosen.quiet || chosen.as_json;
  const prepared ready = prepare(chosen, out);
  if (chosen.dry_run) return print_dry_run(out, ready);
  const double loading = seconds();
  text_to_video_timings times;

  json warnings = json::array(), outputs = json::array();
  const std::size_t count = ready.call.prompts.size(),
                    at_once = static_cast<std::size_t>(ready.settings().batch);
  for (std::size_t first = 0; first < count; first += at_once) {
    const std::size_t last = std::min(first + at_once, count);
    const std::string label = count > 1 ? concat("clip ", first + 1, "/", count, " ") : "";
    const auto result = denoise(ready, part_of(ready.call, first, last), label, out, warnings);
    for (std::size_t index = first; index < last; ++index) {
      stop_if_interrupted();
      outputs.push_back(write_clip(ready, result, index, index - first));
      if (!chosen.as_json) out.print(outputs.back().at("path").get<std::string>());
    }
    times.text += result.timings.text;
    times.steps.insert(times.steps.end(), result.timings.steps.begin(), result.timings.steps.end());
    times.vae += result.timings.vae;
  }
  if (!chosen.as_json) return;
  out.print(pretty({{"outputs", outputs},
                    {"config", to_json(ready.settings())},
                    {"config_hash", config_hash(ready.settings())},
                    {"device", ready.model.device.str()},
                    {"precision", name_of_precision(ready.model.dtype)},
                    {"warnings", warnings},
                    {"seconds",
                     {{"loading", loading},
                      {"text", times.text},
                      {"steps", times.steps},
                      {"decoding", times.vae},
                      {"all", seconds()}}}}));
}

}  // namespace

void add_generate(CLI::App& program, command_context& context) {
  auto chosen = std::make_shared<generate_arguments>();
  CLI::App* command = program.add_subcommand("generate", "makes clips from prompts");
  command
      ->add_option("--config", chosen->request.config_file,
                   "JSON or YAML with any of the settings below, by the same names; the command line wins")
      ->type_name("FILE");
  command
      ->add_option("--set", chosen->request.sets,
                   "one more setting, after all others, e.g. scheduler_config.beta_end=0.01")
      ->type_name("KEY=VALUE")
      ->allow_extra_args(false);
  command->add_flag("--dry_run", chosen->dry_run,
                    "check everything, print the resolved configuration, write nothing");
  command->add_flag("--json", chosen->as_json, "the result as JSON on stdout, no progress");
  command->add_flag("-q,--quiet", chosen->quiet, "no notes, no progress");
  add_setting_flags(*command, chosen->request.flags);
  command->footer(
      "Settings come from, each winning over the one before: the defaults shown above (those of "
      "Hotshot-XL's\n"
      "inference.py), the model's generation_config.json, --config, the command line.\n"
      "Ctrl-C stops after the step in progress and leaves nothing half-written.");
  command->callback([chosen, &context] { run(*chosen, context.out); });
}

}  // namespace zoetrope
