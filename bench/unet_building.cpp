// Building a UNet from its config: no memory for weights, no file. Goal: Hotshot-XL's under 2 s.
#include <benchmark/benchmark.h>

#include "models/presets.hpp"
#include "models/unet3d.hpp"

namespace zoetrope {
namespace {

void build(benchmark::State& state, const char* preset) {
  const json options = model_presets().find(preset)().component("unet");
  for (auto _ : state) {
    const unet3d unet{config(options)};
    benchmark::DoNotOptimize(unet.parameter_count());
  }
}
BENCHMARK_CAPTURE(build, hotshot_xl, "hotshot-xl")->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(build, tiny, "tiny")->Unit(benchmark::kMillisecond);

}  // namespace
}  // namespace zoetrope

BENCHMARK_MAIN();
