// GroupNorm + SiLU: our kernel against the ways to do it with libtorch, in one run. Shapes are those of the
// SDXL UNet's resnets at 672 x 384, 8 frames, classifier-free guidance (batch 2), with statistics over clips.
#include "models/group_norm_silu.hpp"

#include <ATen/ATen.h>

#include "bench/comparison.hpp"
#include "bench/timed.hpp"

namespace zoetrope {
namespace {

constexpr int64_t batch = 2, frames = 8, groups = 32;

struct problem {
  explicit problem(const benchmark::State& state)
      : x(drawn({batch * frames, state.range(0), state.range(1), state.range(2)})
              .contiguous(at::MemoryFormat::ChannelsLast)),
        weight(drawn({state.range(0)})),
        bias(drawn({state.range(0)})) {}

  group_norm_silu_input input() const { return {x, weight, bias, groups, 1e-5, frames, true}; }
  at::Tensor clips() const { return x.unflatten(0, {batch, frames}).transpose(1, 2); }
  at::Tensor norm_silu(const at::Tensor& of) const {
    return at::silu(at::group_norm(of, groups, weight, bias, 1e-5));
  }
  at::Tensor x, weight, bias;
};

template <class Body>
void timed_problem(benchmark::State& state, const Body& body) {
  timed(
      state, [&] { return problem(state); }, body);
}

void ours(benchmark::State& state) {
  timed_problem(state, [](const problem& p) { return group_norm_silu(p.input()); });
}

/// What Python code that holds b c f h w does.
void torch_contiguous_5d(benchmark::State& state) {
  const auto make = [&] {
    problem p(state);
    p.x = p.clips().contiguous();
    return p;
  };
  timed(state, make, [](const problem& p) { return p.norm_silu(p.x); });
}

/// The same from channels-last frames (b f) c h w, and back to them: the permutes that the code above needs
/// there.
void torch_contiguous_5d_permuted(benchmark::State& state) {
  timed_problem(state, [](const problem& p) {
    const at::Tensor y = p.norm_silu(p.clips().contiguous());
    return y.transpose(1, 2).reshape(p.x.sizes()).contiguous(at::MemoryFormat::ChannelsLast);
  });
}

/// libtorch's channels-last norm, the frames of a clip seen as one tall picture: no permute at all.
void torch_channels_last(benchmark::State& state) {
  timed_problem(state, [](const problem& p) { return group_norm_silu_reference(p.input()); });
}

void copy(benchmark::State& state) {
  timed_copy(state, batch * frames * state.range(0) * state.range(1) * state.range(2));
}

void shapes(benchmark::internal::Benchmark* bench) {
  bench->Args({320, 48, 84})->Args({640, 24, 42})->Args({1280, 12, 21})->Args({32, 8, 8})->UseManualTime();
}
BENCHMARK(ours)->Name("group_norm_silu.ours")->Apply(shapes);
BENCHMARK(torch_channels_last)->Name("group_norm_silu.channels_last")->Apply(shapes);
BENCHMARK(torch_contiguous_5d)->Name("group_norm_silu.contiguous_5d")->Apply(shapes);
BENCHMARK(torch_contiguous_5d_permuted)->Name("group_norm_silu.contiguous_5d_permuted")->Apply(shapes);
BENCHMARK(copy)->Name("group_norm_silu.copy")->Apply(shapes);

}  // namespace
}  // namespace zoetrope

int main(int argc, char** argv) { return zoetrope::compare_ways(argc, argv); }
