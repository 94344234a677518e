// The kernels that treat tokens one by one, against the ways to do the same with libtorch, in one run. Shapes
// are those of the SDXL UNet's transformers at 672 x 384, 8 frames, classifier-free guidance (batch 2), and
// small ones.
#include <ATen/ATen.h>

#include "bench/comparison.hpp"
#include "bench/timed.hpp"
#include "models/add_layer_norm.hpp"
#include "models/geglu.hpp"
#include "models/guided_step.hpp"
#include "models/layer_norm_position.hpp"

namespace zoetrope {
namespace {

constexpr int64_t batch = 2, frames = 8;

// ---- GEGLU: two halves, tokens x width each (read two, write one: a copy of 1.5 times as many elements)

struct halves {
  explicit halves(const benchmark::State& state)
      : value(drawn({state.range(0), state.range(1)})), fresh(drawn(value.sizes())), gate(fresh.clone()) {}
  at::Tensor value, fresh, gate;
};

// The gate is a fresh one at each call, as the feed-forward layer has it: most ways write into its memory,
// and numbers that go through them again and again become denormals.
template <class Body>
void timed_on_fresh_gate(benchmark::State& state, const Body& body) {
  timed_after(
      state, [&] { return halves(state); }, [](halves& x) { x.gate.copy_(x.fresh); }, body);
}
void geglu_ours(benchmark::State& state) {
  timed_on_fresh_gate(state, [](halves& x) { return geglu(x.value, x.gate); });
}
void geglu_torch_in_place(benchmark::State& state) {
  timed_on_fresh_gate(state, [](halves& x) { return at::gelu_(x.gate).mul_(x.value); });
}
void geglu_torch_new(benchmark::State& state) {
  timed_on_fresh_gate(state, [](halves& x) { return x.value * at::gelu(x.gate); });
}
void geglu_copy(benchmark::State& state) { timed_copy(state, 3 * state.range(0) * state.range(1) / 2); }

// ---- GEGLU of one tensor of twice the width

template <class Body>
void timed_packed(benchmark::State& state, const Body& body) {
  timed(
      state,
      [&] {
        return drawn({state.range(0), 2 * state.range(1)});
      },
      body);
}
void packed_ours(benchmark::State& state) {
  timed_packed(state, [](const at::Tensor& x) { return geglu(x); });
}
void packed_torch_chunk(benchmark::State& state) {
  timed_packed(state, [](const at::Tensor& x) {
    const auto parts = x.chunk(2, -1);
    return parts[0] * at::gelu(parts[1]);
  });
}

// ---- LayerNorm + position + layout change: (b f) p c -> b p f c

struct tokens {
  explicit tokens(const benchmark::State& state)
      : x(drawn({batch, frames, state.range(0), state.range(1)})),
        residual(drawn(x.sizes())),
        weight(drawn({state.range(1)})),
        bias(drawn({state.range(1)})),
        table(drawn({frames, 1, state.range(1)})) {}
  at::Tensor x, residual, weight, bias, table;
};
template <class Body>
void timed_tokens(benchmark::State& state, const Body& body) {
  timed(
      state, [&] { return tokens(state); }, body);
}

void position_ours(benchmark::State& state) {
  timed_tokens(state, [](const tokens& t) {
    return layer_norm_position({t.x, t.weight, t.bias, t.table, 1e-5, token_order::b_p_f});
  });
}
/// What Python code does: to the temporal layout first, then norm and table there.
void position_torch_permute_first(benchmark::State& state) {
  timed_tokens(state, [](const tokens& t) {
    const at::Tensor x = t.x.transpose(1, 2).contiguous();
    return at::layer_norm(x, t.weight.sizes(), t.weight, t.bias).add_(t.table.transpose(0, 1));
  });
}
void position_torch_permute_last(benchmark::State& state) {
  timed_tokens(state, [](const tokens& t) {
    return at::layer_norm(t.x, t.weight.sizes(), t.weight, t.bias).transpose(1, 2) + t.table.transpose(0, 1);
  });
}
void tokens_copy(benchmark::State& state) {
  timed_copy(state, batch * frames * state.range(0) * state.range(1));
}

// ---- residual add + LayerNorm: two read, two written

void add_ours(benchmark::State& state) {
  timed_tokens(state, [](const tokens& t) {
    return add_layer_norm({t.x, t.residual, t.weight, t.bias, 1e-5, /*into_x=*/true}).normalised;
  });
}
void add_torch(benchmark::State& state) {
  timed_tokens(state, [](const tokens& t) {
    return at::layer_norm(t.x.add_(t.residual), t.weight.sizes(), t.weight, t.bias);
  });
}
void add_copy(benchmark::State& state) {
  timed_copy(state, 2 * batch * frames * state.range(0) * state.range(1));
}

// ---- guidance + Euler step on latents b 4 f h w: three read, one written

template <class Body>
void timed_step(benchmark::State& state, const Body& body) {
  const auto make = [&] {
    const std::vector<int64_t> shape{1, 4, frames, state.range(0), state.range(1)};
    return guided_step_input{drawn(shape), drawn(shape), drawn(shape), {}, 7.5, 1.0, -0.3};
  };
  timed(state, make, body);
}
void step_ours(benchmark::State& state) { timed_step(state, guided_step); }
void step_torch(benchmark::State& state) { timed_step(state, guided_step_reference); }
void step_copy(benchmark::State& state) {
  timed_copy(state, 2 * 4 * frames * state.range(0) * state.range(1));
}

using benchmark_args = std::vector<std::vector<int64_t>>;
/// (48 · 84, 24 · 42, 12 · 21 pixels) x (320, 640, 1280 channels), and a tiny one.
const benchmark_args token_shapes = {{4032, 320}, {1008, 640}, {252, 1280}, {64, 40}};
/// A piece of 1024 tokens, as the feed-forward layer passes them, and one without pieces.
const benchmark_args geglu_shapes = {{1024, 1280}, {1024, 2560}, {252, 5120}, {16128, 1280}, {64, 160}};

void add(const char* name, void (*way)(benchmark::State&), const benchmark_args& shapes) {
  auto* bench = benchmark::RegisterBenchmark(name, way)->UseManualTime();
  for (const auto& shape : shapes) bench->Args(shape);
}

void add_all() {
  add("geglu.ours", geglu_ours, geglu_shapes);
  add("geglu.gelu_mul_in_place", geglu_torch_in_place, geglu_shapes);
  add("geglu.gelu_mul", geglu_torch_new, geglu_shapes);
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
