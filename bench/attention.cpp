// Attention on the shapes of Hotshot-XL at 672 x 384, classifier-free guidance (batch 2): our kernels against
// the ways to do the same with libtorch, the permutes that they need included, and against a copy of as many
// bytes, in one run. Named family.way; arguments: spatial.* batch, tokens, keys, heads, head_dim; temporal.*
// pixels, frames, head_dim. Values lie as projections leave them: b n (heads d), and (b f) p (heads d) for
// temporal attention.
#include "attention/attention.hpp"

#include <ATen/ATen.h>
#include <ATen/Context.h>

#include "bench/comparison.hpp"
#include "bench/timed.hpp"

namespace zoetrope {
namespace {

constexpr int64_t clips = 2, heads = 8;

/// q, k, v for temporal attention: b p heads f d, over memory b f p (heads d).
attention_input temporal_input(const benchmark::State& state) {
  const auto draw = [&] {
    return drawn({clips, state.range(1), state.range(0), heads, state.range(2)}).permute({0, 2, 3, 1, 4});
  };
  return {draw(), draw(), draw()};
}

/// b heads n d, over memory b n (heads d).
attention_input spatial_input(const benchmark::State& state) {
  const auto draw = [&](int64_t tokens) {
    return drawn({state.range(0), tokens, state.range(3), state.range(4)}).transpose(1, 2);
  };
  return {draw(state.range(1)), draw(state.range(2)), draw(state.range(2))};
}

using input_maker = attention_input (*)(const benchmark::State&);

template <input_maker Input>
void by_backend(benchmark::State& state, const char* name) {
  const auto attention = make_attention_backend(config(json{{"type", name}}), {.layout = "temporal"});
  timed(
      state, [&] { return Input(state); }, [&](const attention_input& in) { return attention->forward(in); });
}

/// Reads and writes as many bytes as attention must: half of q, k, v and y together, each way.
template <input_maker Input>
void copy(benchmark::State& state) {
  const attention_input in = Input(state);
  timed_copy(state, (2 * in.q.numel() + in.k.numel() + in.v.numel()) / 2);
}

at::Tensor sdpa(const attention_input& in) { return at::scaled_dot_product_attention(in.q, in.k, in.v); }

/// What einops code does: one dimension of batch, contiguous, and the result back in the order of the tokens.
at::Tensor sdpa_permuted(const attention_input& in) {
  const auto rows = [](const at::Tensor& x) { return x.contiguous().flatten(0, 1); };
  return sdpa({rows(in.q), rows(in.k), rows(in.v)})
      .unflatten(0, {clips, -1})
      .permute({0, 3, 1, 2, 4})
      .contiguous();
}

/// What Hotshot-XL does: the permute comes ahead of the projections, so that one tensor is permuted instead
/// of three; q, k and v are in the order b p f (heads d) then.
struct permuted_ahead {
  explicit permuted_ahead(const benchmark::State& state) : x(temporal_input(state).q.transpose(2, 3)) {
    const auto draw = [&] { return drawn(x.sizes()).transpose(2, 3).flatten(0, 1); };
    rows = {draw(), draw(), draw()};
  }
  at::Tensor x;  // b p f heads d over memory b f p (heads d)
  attention_input rows;
};
at::Tensor sdpa_permuted_ahead(const permuted_ahead& in) {
  benchmark::DoNotOptimize(in.x.contiguous());
  return sdpa(in.rows).unflatten(0, {clips, -1}).permute({0, 3, 1, 2, 4}).contiguous();
}

/// Products over strided views: libtorch copies what it must.
at::Tensor matmul_softmax(const attention_input& in) {
  const at::Tensor scores = at::matmul(in.q * scale_of(in), in.k.transpose(-2, -1));
  return at::matmul(at::softmax(scores, -1), in.v).transpose(-2, -3).contiguous();
}

/// While it exists, libtorch's fused attention is of one kind.
class only_kind {
 public:
  explicit only_kind(at::SDPBackend kind) {
    choose([kind](at::SDPBackend each) { return each == kind; });
  }
  ~only_kind() {
    choose([](at::SDPBackend) { return true; });
  }

 private:
  template <class Wanted>
  static void choose(const Wanted& wanted) {
    at::Context& context = at::globalContext();
    context.setSDPUseFlash(wanted(at::SDPBackend::flash_attention));
    context.setSDPUseMemEfficient(wanted(at::SDPBackend::efficient_attention));
    context.setSDPUseCuDNN(wanted(at::SDPBackend::cudnn_attention));
    context.setSDPUseMath(wanted(at::SDPBackend::math));
  }
};

/// With libtorch's kernel of one kind. What that kind does not serve is left out, as is a CPU, where there is
/// but one.
template <class Make, class Body>
void of_kind(benchmark::State& state, at::SDPBackend kind, const Make& make, const Body& body) {
  if (target().device.is_cpu()) return state.SkipWithError("a CPU has one kind");
  const only_kind chosen(kind);
  try {
    timed(state, make, body);
  } catch (const c10::Error& refused) {
    state.SkipWithError(refused.what_without_backtrace());
  }
}

using way = std::function<void(benchmark::State&)>;

void compare_temporal(const std::string& name, const way& run) {
  auto* bench = benchmark::RegisterBenchmark(("temporal." + name).c_str(), run)->UseManualTime();
  for (const int frames : {8, 16, 24})
    bench->Args({48 * 84, frames, 40})->Args({24 * 42, frames, 80})->Args({12 * 21, frames, 160});
}
void compare_spatial(const std::string& name, const way& run) {
  benchmark::RegisterBenchmark(("spatial." + name).c_str(), run)
      ->UseManualTime()
      ->Args({16, 1008, 1008, 10, 64})  // self-attention, per frame
      ->Args({16, 252, 252, 20, 64})
      ->Args({16, 1024, 1024, 10, 64})  // of 512 x 512
      ->Args({16, 256, 256, 20, 64})
      ->Args({2, 8 * 1008, 77, 10, 64})  // cross-attention: a clip's frames in one row
      ->Args({2, 8 * 252, 77, 20, 64});
}

template <input_maker Input, class Body>
way timed_way(const Body& body) {
  return [body](benchmark::State& state) {
    timed(
        state, [&] { return Input(state); }, body);
  };
}

void compare_all() {
  compare_temporal("ours", [](auto& state) { by_backend<temporal_input>(state, "short"); });
  compare_temporal("sdpa_by_clip", [](auto& state) { by_backend<temporal_input>(state, "sdpa"); });
  compare_temporal("sdpa_permuted", timed_way<temporal_input>(sdpa_permuted));
  compare_temporal("sdpa_permuted_ahead", [](auto& state) {
    timed(
        state, [&] { return permuted_ahead(state); }, sdpa_permuted_ahead);
  });
  compare_temporal("matmul_softmax", timed_way<temporal_input>(matmul_softmax));
  compare_temporal("copy", copy<temporal_input>);
  compare_spatial("ours", [](auto& state) { by_backend<spatial_input>(state, "flash"); });
  compare_spatial("sdpa", timed_way<spatial_input>(sdpa));
  compare_spatial("matmul_softmax", timed_way<spatial_input>(matmul_softmax));
  compare_spatial("copy", copy<spatial_input>);
  for (const auto& [name, kind] : {std::pair("flash", at::SDPBackend::flash_attention),
                                   {"efficient", at::SDPBackend::efficient_attention},
                                   {"cudnn", at::SDPBackend::cudnn_attention}}) {
    compare_temporal(std::string("sdpa_permuted_ahead_") + name, [kind = kind](auto& state) {
      of_kind(
          state, kind, [&] { return permuted_ahead(state); }, sdpa_permuted_ahead);
    });
    compare_spatial(std::string("sdpa_") + name, [kind = kind](auto& state) {
      of_kind(
          state, kind, [&] { return spatial_input(state); }, sdpa);
    });
  }
}

}  // namespace
}  // namespace zoetrope

int main(int argc, char** argv) {
  zoetrope::compare_all();
  return zoetrope::compare_ways(argc, argv);
}
