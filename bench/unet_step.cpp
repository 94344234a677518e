// One denoising step's UNet call. The inputs are those of bench/python/unet_step.py, so that the two can be
// compared (bench/compare_unet_step.py runs both). --help lists the flags.
#include <ATen/ATen.h>
#include <benchmark/benchmark.h>
#include <c10/core/InferenceMode.h>

#include <iostream>
#include <string>

#include "bench/flag_value.hpp"
#include "core/error.hpp"
#include "core/tensor/device.hpp"
#include "core/tensor/random.hpp"
#include "core/tensor/weights.hpp"
#include "models/pretrained.hpp"
#include "models/unet3d.hpp"

namespace zoetrope {
namespace {

struct arguments {
  std::string model, output, device = "cpu", dtype = "f32";
  int64_t clips = 2, frames = 8, height = 48, width = 84, tokens = 77, threads = 2;
};

void print_help() {
  const arguments usual;
  std::cout << "bench_unet_step --model=DIR: one denoising step's UNet call\n"
            << "  --model=DIR        a folder with config.json and weights\n"
            << "  --clips=" << usual.clips << " --frames=" << usual.frames << " --height=" << usual.height
            << " --width=" << usual.width << "  of the latents\n"
            << "  --tokens=" << usual.tokens << "        of the text\n"
            << "  --device=" << usual.device << "       or cuda, cuda:N\n"
            << "  --dtype=" << usual.dtype << "        or f16, bf16\n"
            << "  --threads=" << usual.threads << "        of the CPU\n"
            << "  --output=FILE      writes the result there, as safetensors\n"
            << "and Google Benchmark's:" << std::endl;
  benchmark::PrintDefaultHelp();
}

arguments parse(int argc, char** argv) {
  arguments parsed;
  for (int i = 1; i < argc; ++i) {
    const std::string text = argv[i];
    const auto take = [&](const char* name, auto& value) { return take_flag(text, name, value); };
    const bool known = take("model", parsed.model) || take("output", parsed.output) ||
                       take("device", parsed.device) || take("dtype", parsed.dtype) ||
                       take("clips", parsed.clips) || take("frames", parsed.frames) ||
                       take("height", parsed.height) || take("width", parsed.width) ||
                       take("tokens", parsed.tokens) || take("threads", parsed.threads);
    ZT_CHECK(known, usage, "unknown argument '", text, "'");
  }
  ZT_CHECK(!parsed.model.empty(), usage, "--model=DIR is needed: a folder with config.json and weights");
  return parsed;
}

/// Drawn in this order from one CPU generator with seed 0, as the Python side draws them.
struct step {
  step(const unet3d& unet, const arguments& args, at::Device device, at::ScalarType dtype) {
    generator random(0);
    const auto draw = [&](at::IntArrayRef shape) { return random.normal(shape).to(device, dtype); };
    input.sample = draw({args.clips, unet.in_channels(), args.frames, args.height, args.width});
    const at::Tensor text = draw({args.clips, args.tokens, unet.cross_attention_dim()});
    input.text_embeds = draw({args.clips, pooled_features(args.model)});
    input.time_ids =
        at::tensor({384.0f, 672.0f, 0.0f, 0.0f, 384.0f, 672.0f}).repeat({args.clips, 1}).to(device);
    input.timestep = at::scalar_tensor(500, at::TensorOptions(device).dtype(at::kLong));
    projected = unet.project_text(text);
    input.text = &projected;
  }

  /// What the text_time embedding takes beside six size embeddings.
  static int64_t pooled_features(const std::string& model) {
    const config options = model_component::open(model).read_config();
    return options.get<int64_t>("projection_class_embeddings_input_dim") -
           6 * options.get<int64_t>("addition_time_embed_dim");
  }

  projected_text projected;
  unet_input input;
};

void run(benchmark::State& state, const unet3d& unet, const step& at_step) {
  for (auto _ : state) {
    const at::Tensor output = unet.forward(at_step.input);
    benchmark::DoNotOptimize(output.select(0, 0).cpu());  // waits for a GPU
  }
}

int bench(int argc, char** argv) {
  prepare_cpu_memory();
  benchmark::Initialize(&argc, argv, print_help);
  const arguments args = parse(argc, argv);
  const at::Device device = parse_device(args.device);
  set_thread_count(static_cast<int>(args.threads));
  const c10::InferenceMode no_gradients;
  load_options options;
  options.device = device;
  options.dtype = parse_precision(args.dtype);
  const auto unet = load_pretrained<unet3d>(model_component::open(args.model), options);
  const step at_step(*unet, args, device, options.dtype);
  const at::Tensor output = unet->forward(at_step.input);  // also the warm-up
  if (!args.output.empty()) save_tensors(args.output, {{"output", output.to(at::kCPU, at::kFloat)}});
  benchmark::RegisterBenchmark("unet_step", [&](benchmark::State& state) { run(state, *unet, at_step); })
      ->UseRealTime()
      ->MeasureProcessCPUTime()
      ->Unit(benchmark::kMillisecond);
  benchmark::RunSpecifiedBenchmarks();
  return 0;
}

}  // namespace
}  // namespace zoetrope

int main(int argc, char** argv) {
  try {
    return zoetrope::bench(argc, argv);
  } catch (const zoetrope::error& failure) {
    std::cerr << "bench_unet_step: " << failure.what() << "\n";
    return zoetrope::exit_code(failure.kind());
  }
}
