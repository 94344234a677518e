// Guidance and a sampler's step. See guided_step.h for the equation. One launch instead of some ten, for
// tensors so small (0.5 MB at 672 x 384) that launches are what they cost: a thread takes one vector of 16
// bytes of each.
#include "core/cuda/elements.cuh"
#include "core/cuda/launch.cuh"
#include "models/kernels/guided_step.h"

namespace zoetrope {

namespace {

constexpr int block_threads = 256;

template <class Element, int Lanes>
__global__ void __launch_bounds__(block_threads) guided_step(zt_guided_step p) {
  const int64_t index = (static_cast<int64_t>(blockIdx.x) * block_threads + threadIdx.x) * Lanes;
  if (index >= p.count) return;
  const float scale = static_cast<float>(p.scale), on_sample = static_cast<float>(p.on_sample),
              on_output = static_cast<float>(p.on_output), on_noise = static_cast<float>(p.on_noise);
  float x[Lanes], e[Lanes], other[Lanes];
  load<Element, Lanes>(p.sample, index, x);
  load<Element, Lanes>(p.negative, index, e);
  if (p.text != nullptr) {
    load<Element, Lanes>(p.text, index, other);
    for (int i = 0; i < Lanes; ++i) e[i] += scale * (other[i] - e[i]);
  }
  for (int i = 0; i < Lanes; ++i) x[i] = on_sample * x[i] + on_output * e[i];
  if (p.noise != nullptr) {
    load<Element, Lanes>(p.noise, index, other);
    for (int i = 0; i < Lanes; ++i) x[i] += on_noise * other[i];
  }
  store<Element, Lanes>(p.y, index, x);
}

}  // namespace

extern "C" int zt_guided_step_forward(const zt_guided_step* problem, void* stream) {
  const zt_guided_step& p = *problem;
  return with_element(p.dtype, [&](auto element) -> int {
    using Element = typename decltype(element)::type;
    constexpr int lanes = 16 / sizeof(Element);
    bool vectors = p.count % lanes == 0 && aligned(p.y);
    for (const void* pointer : {p.sample, p.negative, p.text, p.noise}) vectors = vectors && aligned(pointer);
    const int64_t blocks = divided_up(p.count / (vectors ? lanes : 1), block_threads);
    if (blocks <= 0 || blocks > INT32_MAX) return cudaErrorInvalidValue;
    launch(vectors ? guided_step<Element, lanes> : guided_step<Element, 1>,
           dim3(static_cast<unsigned>(blocks)), block_threads, 0, static_cast<cudaStream_t>(stream), p);
    return cudaGetLastError();
  });
}

}  // namespace zoetrope
