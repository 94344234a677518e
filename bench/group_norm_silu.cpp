// GroupNorm + SiLU: our kernel against the ways to do it with libtorch, in one run. Shapes are those of the
// SDXL UNet's resnets at 672 x 384, 8 frames, classifier-free guidance (batch 2), with statistics over clips.
#include <ATen/ATen.h>
#include <benchmark/benchmark.h>

#include "bench/comparison.hpp"
#include "core/tensor/random.hpp"
#include "models/group_norm_silu.hpp"

namespace zoetrope {
namespace {

constexpr int64_t batch = 2, frames = 8, groups = 32;

struct problem {
  explicit problem(const benchmark::State& state)
      : channels(state.range(0)), height(state.range(1)), width(state.range(2)) {
    generator random(1);
    x = random.normal({batch * frames, channels, height, width}).contiguous(at::MemoryFormat::ChannelsLast);
    weight = random.normal({channels});
    bias = random.normal({channels});
  }
  int64_t channels, height, width;
  at::Tensor x, weight, bias;
};

void count_bytes(benchmark::State& state, const problem& p) {
  state.SetBytesProcessed(state.iterations() * 2 *
                          static_cast<int64_t>(p.x.nbytes()));  // read once, written once
}

void ours(benchmark::State& state) {
  const problem p(state);
  for (auto _ : state)
    benchmark::DoNotOptimize(group_norm_silu({p.x, p.weight, p.bias, groups, 1e-5, frames, true}));
  count_bytes(state, p);
}

/// What Python code that holds b c f h w does.
void torch_contiguous_5d(benchmark::State& state) {
  const problem p(state);
  const at::Tensor x =
      p.x.reshape({batch, frames, p.channels, p.height, p.width}).permute({0, 2, 1, 3, 4}).contiguous();
  for (auto _ : state) benchmark::DoNotOptimize(at::silu(at::group_norm(x, groups, p.weight, p.bias, 1e-5)));
  count_bytes(state, p);
}

/// The same from channels-last frames (b f) c h w, and back to them: the permutes that the code above needs
/// there.
void torch_contiguous_5d_permuted(benchmark::State& state) {
  const problem p(state);
  for (auto _ : state) {
    const at::Tensor x =
        p.x.reshape({batch, frames, p.channels, p.height, p.width}).permute({0, 2, 1, 3, 4}).contiguous();
    const at::Tensor y = at::silu(at::group_norm(x, groups, p.weight, p.bias, 1e-5));
    benchmark::DoNotOptimize(
        y.permute({0, 2, 1, 3, 4}).reshape(p.x.sizes()).contiguous(at::MemoryFormat::ChannelsLast));
  }
  count_bytes(state, p);
}

/// libtorch's channels-last norm, the frames of a clip seen as one tall picture: no permute at all.
void torch_channels_last(benchmark::State& state) {
  const problem p(state);
  for (auto _ : state)
    benchmark::DoNotOptimize(group_norm_silu_reference({p.x, p.weight, p.bias, groups, 1e-5, frames, true}));
  count_bytes(state, p);
}

/// The floor: reading and writing as much.
void copy(benchmark::State& state) {
  const problem p(state);
  at::Tensor y = at::empty_like(p.x);
  for (auto _ : state) benchmark::DoNotOptimize(y.copy_(p.x));
  count_bytes(state, p);
}

void shapes(benchmark::internal::Benchmark* bench) {
  bench->Args({320, 48, 84})
      ->Args({640, 24, 42})
      ->Args({1280, 12, 21})
      ->Args({32, 8, 8})
      ->UseRealTime()
      ->Unit(benchmark::kMillisecond);
}
BENCHMARK(ours)->Name("group_norm_silu.ours")->Apply(shapes);
BENCHMARK(torch_channels_last)->Name("group_norm_silu.channels_last")->Apply(shapes);
BENCHMARK(torch_contiguous_5d)->Name("group_norm_silu.contiguous_5d")->Apply(shapes);
BENCHMARK(torch_contiguous_5d_permuted)->Name("group_norm_silu.contiguous_5d_permuted")->Apply(shapes);
BENCHMARK(copy)->Name("group_norm_silu.copy")->Apply(shapes);

}  // namespace
}  // namespace zoetrope

int main(int argc, char** argv) { return zoetrope::compare_ways(argc, argv); }
