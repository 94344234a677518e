// The kernels that treat tokens one by one, against the ways to do the same with libtorch, in one run. Shapes
// are those of the SDXL UNet's transformers at 672 x 384, 8 frames, classifier-free guidance (batch 2), and
// small ones.
#include <ATen/ATen.h>
#include <benchmark/benchmark.h>
#include <c10/core/InferenceMode.h>

#include <chrono>

#include "bench/comparison.hpp"
#include "core/tensor/random.hpp"
#include "models/add_layer_norm.hpp"
#include "models/geglu.hpp"
#include "models/guided_step.hpp"
#include "models/layer_norm_position.hpp"

namespace zoetrope {
namespace {

constexpr int64_t batch = 2, frames = 8;

template <class Body>
void timed(benchmark::State& state, const Body& body) {
  const c10::InferenceMode no_gradients;
  for (auto _ : state) benchmark::DoNotOptimize(body());
}

/// Times `body` alone; `before` is run ahead of each iteration (register with clock_of::way). Processor time
/// counts both.
template <class Before, class Body>
void timed_apart(benchmark::State& state, const Before& before, const Body& body) {
  const c10::InferenceMode no_gradients;
  for (auto _ : state) {
    before();
    const auto start = std::chrono::steady_clock::now();
    benchmark::DoNotOptimize(body());
    state.SetIterationTime(std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count());
  }
}

/// Reads and writes `elements` f32 each.
void copy_of(benchmark::State& state, int64_t elements) {
  const at::Tensor from = at::zeros({elements}), to = at::zeros({elements});
  timed(state, [&] { return to.copy_(from); });
}

// ---- GEGLU: two halves, tokens x width each (read two, write one: a copy of 1.5 times as many elements)

struct halves {
  explicit halves(const benchmark::State& state) {
    generator random(1);
    value = random.normal({state.range(0), state.range(1)});
    fresh = random.normal({state.range(0), state.range(1)});
    gate = fresh.clone();
  }
  at::Tensor value, fresh, gate;
};

// The gate is a fresh one at each iteration, as the feed-forward layer has it: most ways write into its
// memory, and numbers that go through them again and again become denormals.
template <class Body>
void timed_on_fresh_gate(benchmark::State& state, const Body& body) {
  halves x(state);
  timed_apart(
      state, [&] { x.gate.copy_(x.fresh); }, [&] { return body(x.value, x.gate); });
}
void geglu_ours(benchmark::State& state) {
  timed_on_fresh_gate(state, [](const at::Tensor& u, at::Tensor& g) { return geglu(u, g); });
}
void geglu_torch_in_place(benchmark::State& state) {
  timed_on_fresh_gate(state, [](const at::Tensor& u, at::Tensor& g) { return at::gelu_(g).mul_(u); });
}
void geglu_torch_new(benchmark::State& state) {
  timed_on_fresh_gate(state, [](const at::Tensor& u, at::Tensor& g) { return u * at::gelu(g); });
}
void geglu_copy(benchmark::State& state) { copy_of(state, 3 * state.range(0) * state.range(1) / 2); }

// ---- GEGLU of one tensor of twice the width

void packed_ours(benchmark::State& state) {
  const at::Tensor x = generator(1).normal({state.range(0), 2 * state.range(1)});
  timed(state, [&] { return geglu(x); });
}
void packed_torch_chunk(benchmark::State& state) {
  const at::Tensor x = generator(1).normal({state.range(0), 2 * state.range(1)});
  timed(state, [&] {
    const auto parts = x.chunk(2, -1);
    return parts[0] * at::gelu(parts[1]);
  });
}

// ---- LayerNorm + position + layout change: (b f) p c -> b p f c

struct tokens {
  explicit tokens(const benchmark::State& state) {
    generator random(2);
    const int64_t positions = state.range(0), channels = state.range(1);
    x = random.normal({batch, frames, positions, channels});
    residual = random.normal({batch, frames, positions, channels});
    weight = random.normal({channels});
    bias = random.normal({channels});
    table = random.normal({frames, 1, channels});
  }
  at::Tensor x, residual, weight, bias, table;
};

void position_ours(benchmark::State& state) {
  const tokens t(state);
  timed(state, [&] {
    return layer_norm_position({t.x, t.weight, t.bias, t.table, 1e-5, token_order::b_p_f});
  });
}
/// What Python code does: to the temporal layout first, then norm and table there.
void position_torch_permute_first(benchmark::State& state) {
  const tokens t(state);
  const at::Tensor table = t.table.transpose(0, 1);  // 1 f c
  timed(state, [&] {
    const at::Tensor x = t.x.transpose(1, 2).contiguous();
    return at::layer_norm(x, t.weight.sizes(), t.weight, t.bias).add_(table);
  });
}
void position_torch_permute_last(benchmark::State& state) {
  const tokens t(state);
  const at::Tensor table = t.table.transpose(0, 1);
  timed(state,
        [&] { return at::layer_norm(t.x, t.weight.sizes(), t.weight, t.bias).transpose(1, 2) + table; });
}
void tokens_copy(benchmark::State& state) {
  copy_of(state, batch * frames * state.range(0) * state.range(1));
}

// ---- residual add + LayerNorm: two read, two written

void add_ours(benchmark::State& state) {
  const tokens t(state);
  timed(state, [&] {
    return add_layer_norm({t.x, t.residual, t.weight, t.bias, 1e-5, /*into_x=*/true}).normalised;
  });
}
void add_torch(benchmark::State& state) {
  const tokens t(state);
  timed(state, [&] { return at::layer_norm(t.x.add_(t.residual), t.weight.sizes(), t.weight, t.bias); });
}
void add_copy(benchmark::State& state) {
  copy_of(state, 2 * batch * frames * state.range(0) * state.range(1));
}

// ---- guidance + Euler step on latents b 4 f h w: three read, one written

guided_step_input latents(const benchmark::State& state) {
  generator random(3);
  const std::vector<int64_t> shape{1, 4, frames, state.range(0), state.range(1)};
  return {random.normal(shape), random.normal(shape), random.normal(shape), {}, 7.5, 1.0, -0.3};
}
void step_ours(benchmark::State& state) {
  const guided_step_input in = latents(state);
  timed(state, [&] { return guided_step(in); });
}
void step_torch(benchmark::State& state) {
  const guided_step_input in = latents(state);
  timed(state, [&] { return guided_step_reference(in); });
}
void step_copy(benchmark::State& state) { copy_of(state, 2 * 4 * frames * state.range(0) * state.range(1)); }

using benchmark_args = std::vector<std::vector<int64_t>>;
/// (48 · 84, 24 · 42, 12 · 21 pixels) x (320, 640, 1280 channels), and a tiny one.
const benchmark_args token_shapes = {{4032, 320}, {1008, 640}, {252, 1280}, {64, 40}};
/// A piece of 1024 tokens, as the feed-forward layer passes them, and one without pieces.
const benchmark_args geglu_shapes = {{1024, 1280}, {1024, 2560}, {252, 5120}, {16128, 1280}, {64, 160}};

enum class clock_of { benchmark, way };

void add(const char* name, void (*way)(benchmark::State&), const benchmark_args& shapes,
         clock_of clock = clock_of::benchmark) {
  auto* bench = benchmark::RegisterBenchmark(name, way);
  for (const auto& shape : shapes) bench->Args(shape);
  clock == clock_of::way ? bench->UseManualTime() : bench->UseRealTime();
}

void add_all() {
  add("geglu.ours", geglu_ours, geglu_shapes, clock_of::way);
  add("geglu.gelu_mul_in_place", geglu_torch_in_place, geglu_shapes, clock_of::way);
  add("geglu.gelu_mul", geglu_torch_new, geglu_shapes, clock_of::way);
  add("geglu.copy", geglu_copy, geglu_shapes);
  add("geglu_packed.ours", packed_ours, geglu_shapes);
  add("geglu_packed.chunk_gelu_mul", packed_torch_chunk, geglu_shapes);
  add("geglu_packed.copy", geglu_copy, geglu_shapes);
  add("layer_norm_position.ours", position_ours, token_shapes);
  add("layer_norm_position.permute_norm_add", position_torch_permute_first, token_shapes);
  add("layer_norm_position.norm_permute_add", position_torch_permute_last, token_shapes);
  add("layer_norm_position.copy", tokens_copy, token_shapes);
  add("add_layer_norm.ours", add_ours, token_shapes);
  add("add_layer_norm.add_norm", add_torch, token_shapes);
  add("add_layer_norm.copy", add_copy, token_shapes);
  add("guided_step.ours", step_ours, {{48, 84}, {8, 8}});
  add("guided_step.guide_step", step_torch, {{48, 84}, {8, 8}});
  add("guided_step.copy", step_copy, {{48, 84}, {8, 8}});
}

}  // namespace
}  // namespace zoetrope

int main(int argc, char** argv) {
  zoetrope::add_all();
  return zoetrope::compare_ways(argc, argv);
}
