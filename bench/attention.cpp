// Every attention backend on the shapes of Hotshot-XL at 672 x 384, 8 frames, classifier-free guidance:
// spatial self-attention per frame, cross-attention to 77 text tokens, temporal attention per pixel.
#include "attention/attention.hpp"

#include <ATen/ATen.h>
#include <benchmark/benchmark.h>
#include <c10/core/InferenceMode.h>

#include "core/tensor/random.hpp"

namespace zoetrope {
namespace {

struct shape {
  const char* name;
  int64_t batch, heads, tokens, keys, head_dim;
};

const shape shapes[] = {{"spatial_24x42", 1, 10, 1008, 1008, 64},
                        {"spatial_12x21", 16, 20, 252, 252, 64},
                        {"cross_24x42", 2, 10, 1008, 77, 64},
                        {"temporal_48x84", 8064, 8, 8, 8, 40},
                        {"temporal_12x21", 504, 8, 8, 8, 160}};

void run(benchmark::State& state, const std::string& backend, const shape& s) {
  const auto attention = make_attention_backend(config(json{{"type", backend}}), {.head_dim = s.head_dim});
  const c10::InferenceMode no_gradients;
  generator random(1);
  // Drawn as b tokens heads head_dim and seen as b heads tokens head_dim: the layout that projections leave.
  const auto draw = [&](int64_t tokens) {
    return random.normal({s.batch, tokens, s.heads, s.head_dim}).transpose(1, 2);
  };
  const attention_input input{draw(s.tokens), draw(s.keys), draw(s.keys)};
  for (auto _ : state) benchmark::DoNotOptimize(attention->forward(input));
  state.counters["FLOP/s"] =
      benchmark::Counter(4.0 * static_cast<double>(s.batch * s.heads * s.tokens * s.keys * s.head_dim),
                         benchmark::Counter::kIsIterationInvariantRate);
}

}  // namespace
}  // namespace zoetrope

int main(int argc, char** argv) {
  using namespace zoetrope;
  for (const shape& s : shapes)
    for (const auto& backend : attention_backends().entries())
      benchmark::RegisterBenchmark((std::string(s.name) + "/" + backend.name).c_str(), run, backend.name, s)
          ->UseRealTime()
          ->Unit(benchmark::kMillisecond);
  benchmark::Initialize(&argc, argv);
  if (benchmark::ReportUnrecognizedArguments(argc, argv)) return 2;
  benchmark::RunSpecifiedBenchmarks();
}
