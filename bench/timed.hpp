// How the ways of a comparison are timed. On a CPU: one set of inputs, wall clock of each call. On a GPU: the
// calls go round over several sets, so that none finds its inputs in the second-level cache, and are queued
// behind other work, so that events see the GPU's time and not the host's.
#pragma once

#include <ATen/core/Tensor.h>
#include <benchmark/benchmark.h>
#include <c10/core/InferenceMode.h>

#include <functional>
#include <vector>

namespace zoetrope {

/// Where the ways run and in what: --device and --dtype.
struct bench_target {
  at::Device device = at::kCPU;
  at::ScalarType dtype = at::kFloat;
};
bench_target& target();

/// Standard normal, or zeros, on the target.
at::Tensor drawn(at::IntArrayRef shape);
at::Tensor zeros(at::IntArrayRef shape);

/// Seconds that `work` takes the target's device.
double seconds_of(const std::function<void()>& work);
/// Of inputs that calls take in turn: the calls of one iteration.
int input_sets();

/// Times body(inputs), for inputs that make() gives; before(inputs) comes ahead of each call, untimed
/// (processor time counts it). Register with UseManualTime.
template <class Make, class Before, class Body>
void timed_after(benchmark::State& state, const Make& make, const Before& before, const Body& body) {
  const c10::InferenceMode no_gradients;
  std::vector<decltype(make())> sets;
  for (int i = 0; i < input_sets(); ++i) sets.push_back(make());
  const auto all = [&] {
    for (auto& inputs : sets) benchmark::DoNotOptimize(body(inputs));
  };
  for (auto _ : state) {
    for (auto& inputs : sets) before(inputs);
    state.SetIterationTime(seconds_of(all));
  }
}
template <class Make, class Body>
void timed(benchmark::State& state, const Make& make, const Body& body) {
  timed_after(
      state, make, [](const auto&) {}, body);
}

/// The ceiling: reads and writes `elements` each.
void timed_copy(benchmark::State& state, int64_t elements);

}  // namespace zoetrope
