// Steps of the trainer on a UNet with random weights, latents and text states at hand: its own loop, loss,
// clipping and optimizer, for nets whose weights no file holds. Prints JSON; python/training_step.py is the
// other side. --help lists the flags.
#include <ATen/ATen.h>

#include <algorithm>
#include <chrono>
#include <iostream>
#include <sstream>
#include <string>

#include "bench/flag_value.hpp"
#include "core/error.hpp"
#include "core/io/passing_folder.hpp"
#include "core/tensor/device.hpp"
#include "core/tensor/machine.hpp"
#include "core/tensor/random_weights.hpp"
#include "eval/median.hpp"
#include "models/presets.hpp"
#include "training/denoising.hpp"
#include "training/low_rank.hpp"
#include "training/trained_weights.hpp"
#include "training/trainer.hpp"

namespace zoetrope {
namespace {

struct arguments {
  std::string preset = "hotshot-xl", mode = "temporal", device = "auto", dtype = "bf16", recompute;
  int64_t clips = 1, frames = 8, height = 48, width = 84, tokens = 77, steps = 10, warm_up = 3, rank = 16,
          micro_batches = 1;
};

void print_help() {
  const arguments usual;
  std::cout
      << "bench_training_step: steps of the trainer on a UNet with random weights, as JSON\n"
      << "  --preset=" << usual.preset << "  (zoetrope list presets)\n"
      << "  --mode=" << usual.mode << "      or lora, motion, full: what is trained\n"
      << "  --rank=" << usual.rank << "            of lora and motion\n"
      << "  --device=" << usual.device << "        or cpu, cuda, cuda:N\n"
      << "  --dtype=" << usual.dtype << "         or f32, f16\n"
      << "  --steps=" << usual.steps << " --warm_up=" << usual.warm_up << "  timed, and untimed before them\n"
      << "  --clips=" << usual.clips << " --frames=" << usual.frames << " --height=" << usual.height
      << " --width=" << usual.width << "  of the latents\n"
      << "  --tokens=" << usual.tokens << "          of the text\n"
      << "  --recompute=PATTERN,PATTERN  layers whose activations are computed twice; --checkpointing: all\n"
      << "  --micro_batches=" << usual.micro_batches << "    pieces in which the batch passes\n";
}

arguments parse(int argc, char** argv) {
  arguments parsed;
  for (int i = 1; i < argc; ++i) {
    const std::string text = argv[i];
    const auto take = [&](const char* name, auto& value) { return take_flag(text, name, value); };
    if (text == "--checkpointing") {
      parsed.recompute = "*";
      continue;
    }
    const bool known =
        take("preset", parsed.preset) || take("mode", parsed.mode) || take("device", parsed.device) ||
        take("dtype", parsed.dtype) || take("recompute", parsed.recompute) || take("clips", parsed.clips) ||
        take("frames", parsed.frames) || take("height", parsed.height) || take("width", parsed.width) ||
        take("tokens", parsed.tokens) || take("steps", parsed.steps) || take("warm_up", parsed.warm_up) ||
        take("rank", parsed.rank) || take("micro_batches", parsed.micro_batches);
    ZT_CHECK(known, usage, "unknown argument '", text, "'");
  }
  ZT_CHECK(parsed.steps >= 1, usage, "--steps: got ", parsed.steps, ", wanted at least 1");
  return parsed;
}

std::vector<std::string> split(const std::string& text) {
  std::vector<std::string> parts;
  std::istringstream stream(text);
  for (std::string part; std::getline(stream, part, ',');) parts.push_back(part);
  return parts;
}

std::unique_ptr<trainable> make_trainable(unet3d& unet, const arguments& args, at::ScalarType dtype,
                                          at::Device device) {
  const std::vector<trainable_part> parts = {{"unet", &unet}};
  if (args.mode == "lora" || args.mode == "motion") {
    const config options(json{{"rank", args.rank}, {"motion", args.mode == "motion"}});
    return std::make_unique<low_rank>(parts, read_low_rank_options(options, /*seed=*/0), dtype, device);
  }
  ZT_CHECK(args.mode == "temporal" || args.mode == "full", usage, "--mode: got '", args.mode, "'");
  const std::vector<std::string> patterns{args.mode == "full" ? "unet.*" : "unet.*temporal*"};
  return std::make_unique<trained_weights>(parts, patterns, dtype, device);
}

/// The diffusion task's step on one batch, always the same.
class random_batch_task : public training_task {
 public:
  random_batch_task(const arguments& args, at::ScalarType dtype, at::Device device)
      : device_(device),
        preset_(model_presets().find(args.preset)()),
        unet_(config(preset_.component("unet"), "unet")),
        aim_(config(json{{"noise_offset", 0.05}}),
             {preset_.index.at("scheduler").at(1), preset_.component("scheduler")}),
        step_{unet_, aim_, dtype, chosen_layers(unet_, split(args.recompute))} {
    fill_at_random(unet_, dtype, device);
    parameters_of_unet_ = unet_.parameter_count();
    trained_ = make_trainable(unet_, args, dtype, device);
    const auto draw = [&](at::IntArrayRef shape, at::ScalarType type) {
      return at::randn(shape, at::TensorOptions(device).dtype(type));
    };
    const config options(preset_.component("unet"), "unet");
    const int64_t pooled = options.get<int64_t>("projection_class_embeddings_input_dim") -
                           6 * options.get<int64_t>("addition_time_embed_dim");
    batch_.latents =
        draw({args.clips, unet_.in_channels(), args.frames, args.height, args.width}, at::kFloat);
    batch_.text = {draw({args.clips, args.tokens, unet_.cross_attention_dim()}, dtype),
                   draw({args.clips, pooled}, dtype)};
    batch_.time_ids = at::tensor({1080.0f, 1920.0f, 0.0f, 0.0f, 384.0f, 672.0f})
                          .expand({args.clips, -1})
                          .to(device, at::kFloat);
  }

  const trained_parameters& parameters() const override { return trained_->parameters(); }
  void prepare(int64_t) override { trained_->refresh(); }
  share_loss loss(const batch_share& share) const override {
    const auto rows = [&](const at::Tensor& all) { return all.narrow(0, share.first, share.count); };
    const denoising_batch batch{rows(batch_.latents),
                                rows(batch_.time_ids),
                                {rows(batch_.text.prompt_embeds), rows(batch_.text.pooled)}};
    const int64_t before = process_memory(device_).gpu_bytes;
    const at::Tensor losses = step_.losses(batch, /*seed=*/0, share);
    activation_bytes_ = std::max(activation_bytes_, process_memory(device_).gpu_bytes - before);
    return {losses.sum() / static_cast<double>(share.batch), {}};
  }
  void save(const std::filesystem::path&) override {}

  int64_t trained_count() const { return trained_->count(); }
  int64_t parameter_count() const { return parameters_of_unet_; }
  int64_t activation_bytes() const { return activation_bytes_; }

 private:
  at::Device device_;
  model_preset preset_;
  unet3d unet_;
  objective aim_;
  denoising step_;
  int64_t parameters_of_unet_ = 0;
  std::unique_ptr<trainable> trained_;
  denoising_batch batch_;
  mutable int64_t activation_bytes_ = 0;  // between the start and the end of a forward pass
};

struct enough {};  // ends the trainer's loop before it saves anything

struct measured {
  std::vector<double> milliseconds;
  double loss = 0;
  memory_use memory;
};

measured train_for(random_batch_task& task, const arguments& args, at::Device device) {
  using clock = std::chrono::steady_clock;
  const passing_folder folder;
  const trainer_options options = read_trainer_options(
      config(json{{"steps", args.warm_up + args.steps + 1},
                  {"batch_size", args.clips},
                  {"micro_batches", args.micro_batches},
                  {"precision", args.dtype},
                  {"checkpoint_every", 0},
                  {"learning_rate", {{"schedule", "constant"}, {"learning_rate", 5e-6}}}}));
  measured result;
  clock::time_point last = clock::now();
  trainer_run run{.folder = folder.path()};
  run.on_step = [&](const training_progress& at) {
    const clock::time_point now = clock::now();
    if (at.step > args.warm_up)
      result.milliseconds.push_back(std::chrono::duration<double, std::milli>(now - last).count());
    else
      reset_peak_memory(device);
    last = now;
    result.loss = at.loss;
    result.memory = process_memory(device);
    if (at.step == args.warm_up + args.steps) throw enough();
  };
  try {
    train(task, options, run);
  } catch (const enough&) {
  }
  return result;
}

int bench(int argc, char** argv) {
  if (argc == 2 && std::string(argv[1]) == "--help") {
    print_help();
    return 0;
  }
  prepare_cpu_memory();
  const arguments args = parse(argc, argv);
  const at::Device device = parse_device(args.device);
  random_batch_task task(args, parse_precision(args.dtype), device);
  const measured result = train_for(task, args, device);
  const double median = median_of(result.milliseconds);
  std::cout << json{{"program", "zoetrope"},
                    {"preset", args.preset},
                    {"mode", args.mode},
                    {"device", device.str()},
                    {"dtype", args.dtype},
                    {"recompute", args.recompute},
                    {"clips", args.clips},
                    {"frames", args.frames},
                    {"height", args.height},
                    {"width", args.width},
                    {"step_ms", result.milliseconds},
                    {"median_ms", median},
                    {"clips_per_second", 1e3 * static_cast<double>(args.clips) / median},
                    {"trained_parameters", task.trained_count()},
                    {"parameters", task.parameter_count()},
                    {"gpu_peak_bytes", result.memory.gpu_peak_bytes},
                    {"gpu_bytes_between_steps", result.memory.gpu_bytes},
                    {"activation_bytes", task.activation_bytes()},
                    {"peak_resident_bytes", result.memory.peak_resident_bytes},
                    {"loss", result.loss},
                    {"machine", to_json(this_machine())}}
                   .dump()
            << "\n";
  return 0;
}

}  // namespace
}  // namespace zoetrope

int main(int argc, char** argv) {
  try {
    return zoetrope::bench(argc, argv);
  } catch (const zoetrope::error& failure) {
    std::cerr << "bench_training_step: " << failure.what() << "\n";
    return zoetrope::exit_code(failure.kind());
  } catch (const std::exception& failure) {  // libtorch's: out of memory
    std::cerr << "bench_training_step: " << failure.what() << "\n";
    return 1;
  }
}
