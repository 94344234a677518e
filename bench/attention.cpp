// Attention on the shapes of Hotshot-XL at 672 x 384, classifier-free guidance (batch 2): our kernels against
// the ways to do the same with libtorch, the permutes that they need included, and against a copy of as many
// bytes, in one run. Named family.way; arguments: spatial.* batch, tokens, keys, heads, head_dim; temporal.*
// pixels, frames, head_dim. Values lie as projections leave them: b n (heads d), and (b f) p (heads d) for
// temporal attention.
#include <ATen/ATen.h>
#include <benchmark/benchmark.h>
#include <c10/core/InferenceMode.h>

#include "attention/attention.hpp"
#include "bench/comparison.hpp"
#include "core/tensor/random.hpp"

namespace zoetrope {
namespace {

constexpr int64_t clips = 2, heads = 8;

/// q, k, v for temporal attention: b p heads f d, over memory b f p (heads d).
attention_input temporal_input(const benchmark::State& state) {
  generator random(1);
  const auto draw = [&] {
    return random.normal({clips, state.range(1), state.range(0), heads, state.range(2)})
        .permute({0, 2, 3, 1, 4});
  };
  return {draw(), draw(), draw()};
}

/// b heads n d, over memory b n (heads d).
attention_input spatial_input(const benchmark::State& state) {
  generator random(1);
  const auto draw = [&](int64_t tokens) {
    return random.normal({state.range(0), tokens, state.range(3), state.range(4)}).transpose(1, 2);
  };
  return {draw(state.range(1)), draw(state.range(2)), draw(state.range(2))};
}

template <class Body>
void timed(benchmark::State& state, const Body& body) {
  const c10::InferenceMode no_gradients;
  for (auto _ : state) benchmark::DoNotOptimize(body());
}

template <attention_input (*Input)(const benchmark::State&)>
void by_backend(benchmark::State& state, const char* name) {
  const attention_input input = Input(state);
  const auto attention = make_attention_backend(config(json{{"type", name}}), {.layout = "temporal"});
  timed(state, [&] { return attention->forward(input); });
}

/// Reads and writes as many bytes as attention must: half of q, k, v and y together, each way.
template <attention_input (*Input)(const benchmark::State&)>
void copy(benchmark::State& state) {
  const attention_input input = Input(state);
  const at::Tensor from = at::ones({(2 * input.q.numel() + input.k.numel() + input.v.numel()) / 2}),
                   to = at::ones_like(from);
  timed(state, [&] { return to.copy_(from); });
}

/// What einops code does: one dimension of batch, contiguous, and the result back in the order of the tokens.
void temporal_permuted(benchmark::State& state) {
  const attention_input input = temporal_input(state);
  const auto rows = [](const at::Tensor& x) { return x.contiguous().flatten(0, 1); };
  timed(state, [&] {
    const at::Tensor y = at::scaled_dot_product_attention(rows(input.q), rows(input.k), rows(input.v));
    return y.unflatten(0, {clips, -1}).permute({0, 3, 1, 2, 4}).contiguous();
  });
}

/// Products over strided views: libtorch copies what it must.
template <attention_input (*Input)(const benchmark::State&)>
void matmul_softmax(benchmark::State& state) {
  const attention_input input = Input(state);
  const double scale = scale_of(input);
  timed(state, [&] {
    const at::Tensor y =
        at::matmul(at::softmax(at::matmul(input.q * scale, input.k.transpose(-2, -1)), -1), input.v);
    return y.transpose(-2, -3).contiguous();
  });
}

using way = void (*)(benchmark::State&);

void compare_temporal(const char* name, way run) {
  auto* bench = benchmark::RegisterBenchmark(name, run)->UseRealTime()->Unit(benchmark::kMillisecond);
  for (const int frames : {8, 16, 24})
    bench->Args({48 * 84, frames, 40})->Args({24 * 42, frames, 80})->Args({12 * 21, frames, 160});
}
void compare_spatial(const char* name, way run) {
  benchmark::RegisterBenchmark(name, run)
      ->UseRealTime()
      ->Unit(benchmark::kMillisecond)
      ->Args({16, 1008, 1008, 10, 64})  // self-attention, per frame
      ->Args({16, 252, 252, 20, 64})
      ->Args({2, 8 * 1008, 77, 10, 64})  // cross-attention: a clip's frames in one row
      ->Args({2, 8 * 252, 77, 20, 64});
}

}  // namespace
}  // namespace zoetrope

int main(int argc, char** argv) {
  using namespace zoetrope;
  compare_temporal("temporal.ours", [](auto& state) { by_backend<temporal_input>(state, "short"); });
  compare_temporal("temporal.sdpa_by_clip", [](auto& state) { by_backend<temporal_input>(state, "sdpa"); });
  compare_temporal("temporal.sdpa_permuted", temporal_permuted);
  compare_temporal("temporal.matmul_softmax", matmul_softmax<temporal_input>);
  compare_temporal("temporal.copy", copy<temporal_input>);
  compare_spatial("spatial.ours", [](auto& state) { by_backend<spatial_input>(state, "flash"); });
  compare_spatial("spatial.sdpa", [](auto& state) { by_backend<spatial_input>(state, "sdpa"); });
  compare_spatial("spatial.matmul_softmax", matmul_softmax<spatial_input>);
  compare_spatial("spatial.copy", copy<spatial_input>);
  return compare_ways(argc, argv);
}
