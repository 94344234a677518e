// What metrics cost: each on one clip of 16 x 256 x 256 and one thread, flows and all; and all of them, sets
// as well, on a hundred such clips with references on the threads that there are.
#include <benchmark/benchmark.h>

#include <algorithm>
#include <cmath>
#include <thread>

#include "eval/metric_suite.hpp"
#include "eval/metrics/frame_loop.hpp"
#include "eval/set_metric.hpp"

namespace zoetrope {
namespace {

// A texture that moves and a little noise, like nothing twice.
float_clip made_clip(int number) {
  float_clip clip{256, 256, 16, {}};
  uint32_t state = static_cast<uint32_t>(number) + 1;
  for (int f = 0; f < clip.frames; ++f)
    for (int y = 0; y < clip.height; ++y)
      for (int x = 0; x < clip.width; ++x)
        for (int c = 0; c < 3; ++c) {
          state = 1664525 * state + 1013904223;
          const double u = x - 1.5 * f, v = y + 0.5 * f + number;
          clip.pixels.push_back(static_cast<float>(0.5 + 0.2 * std::sin(0.11 * u + 0.05 * v + c) +
                                                   0.2 * std::sin(0.07 * v - 0.21 * u) +
                                                   0.02 * (state >> 24) / 255.0));
        }
  return clip;
}

config options_of(const std::string& type) { return config(json{{"type", type}}); }
const char* const prompt = "a red circle moving left";

void one_metric(benchmark::State& state, const std::string& type) {
  const float_clip clip = made_clip(0), reference = made_clip(1);
  const named_metric metric = make_metric(options_of(type));
  for (auto _ : state)
    benchmark::DoNotOptimize(metric.measure({.clip = clip, .reference = &reference, .prompt = prompt}));
}

void one_set_metric(benchmark::State& state, const std::string& type) {
  const float_clip clip = made_clip(0);
  const named_set_metric metric = make_set_metric(options_of(type));
  for (auto _ : state) benchmark::DoNotOptimize(metric.features(clip));
}

void hundred_clips(benchmark::State& state) {
  const int clips = 100, threads = std::max(1, static_cast<int>(std::thread::hardware_concurrency()));
  std::vector<config> parts;
  for (const std::string& name : metrics().names()) parts.push_back(options_of(name));
  const metric_suite suite(parts);
  const named_set_metric frechet = make_set_metric(options_of("rfd_v1")),
                         kernel = make_set_metric(options_of("kvd_v1"));
  for (auto _ : state) {
    feature_rows ours(clips), theirs(clips);
    for_each_index(clips, threads, [&](int i) {
      const float_clip clip = made_clip(i), reference = made_clip(clips + i);
      benchmark::DoNotOptimize(suite.score({.clip = clip, .reference = &reference, .prompt = prompt}));
      ours[i] = frechet.features(clip), theirs[i] = frechet.features(reference);
    });
    benchmark::DoNotOptimize(frechet.compare(ours, theirs));
    benchmark::DoNotOptimize(kernel.compare(ours, theirs));
  }
  state.counters["threads"] = threads;
}

}  // namespace
}  // namespace zoetrope

int main(int argc, char** argv) {
  using namespace zoetrope;
  for (const std::string& name : metrics().names())
    benchmark::RegisterBenchmark(name.c_str(), one_metric, name)->Unit(benchmark::kMillisecond);
  benchmark::RegisterBenchmark("features of rfd_v1 and kvd_v1", one_set_metric, "rfd_v1")
      ->Unit(benchmark::kMillisecond);
  benchmark::RegisterBenchmark("all of 100 clips", hundred_clips)
      ->Unit(benchmark::kSecond)
      ->Iterations(1)
      ->UseRealTime()
      ->MeasureProcessCPUTime();
  benchmark::Initialize(&argc, argv);
  benchmark::RunSpecifiedBenchmarks();
  return 0;
}
