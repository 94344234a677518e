// GEGLU, forward and backward. See geglu.h for the equations.
//
// Bound by memory: 3 (backward 5) accesses an element. A thread takes one vector of 16 bytes of u and of g:
//
//   row r   u u u u u u | g g g g g g        blockIdx.x, threadIdx.x: vectors of all rows, one after
//           `---'         `---'              the other (u and g may also be two tensors)
//
// Everything between load and store is in f32.
#include "core/cuda/elements.cuh"
#include "core/cuda/launch.cuh"
#include "core/log2_normal_cdf.h"
#include "models/kernels/geglu.h"

namespace zoetrope {

namespace {

constexpr int block_threads = 256;

// With erff, whose two branches a warp takes both, the kernel would be bound by arithmetic in 16 bits.
__device__ float normal_cdf(float g) {
  const float size = fabsf(g), tail = size < 6.0f ? exp2f(log2_normal_cdf_below(size)) : 0.0f;
  return g < 0 ? tail : 1.0f - tail;
}
__device__ float normal_pdf(float g) { return 0.39894228f * __expf(-0.5f * g * g); }

// Where a thread's vector lies: `in` in u, g, du and dg, `out` in y and dy. out < 0: beyond the last.
template <int Lanes>
struct place {
  __device__ explicit place(const zt_geglu& p) {
    const int64_t vectors = p.width / Lanes;
    const int64_t vector = static_cast<int64_t>(blockIdx.x) * block_threads + threadIdx.x;
    out = vector < p.rows * vectors ? vector * Lanes : -1;
    in = p.stride == p.width ? out : vector / vectors * p.stride + vector % vectors * Lanes;
  }
  int64_t in, out;
};

template <class Element, int Lanes>
__global__ void __launch_bounds__(block_threads) forward(zt_geglu p) {
  const place<Lanes> at(p);
  if (at.out < 0) return;
  float u[Lanes], g[Lanes];
  load<Element, Lanes>(p.u, at.in, u);
  load<Element, Lanes>(p.g, at.in, g);
#pragma unroll
  for (int i = 0; i < Lanes; ++i) u[i] *= g[i] * normal_cdf(g[i]);
  store<Element, Lanes>(p.y, at.out, u);
}

template <class Element, int Lanes>
__global__ void __launch_bounds__(block_threads) backward(zt_geglu p) {
  const place<Lanes> at(p);
  if (at.out < 0) return;
  float u[Lanes], g[Lanes], dy[Lanes];
  load<Element, Lanes>(p.u, at.in, u);
  load<Element, Lanes>(p.g, at.in, g);
  load<Element, Lanes>(p.dy, at.out, dy);
#pragma unroll
  for (int i = 0; i < Lanes; ++i) {
    const float cdf = normal_cdf(g[i]);
    u[i] *= dy[i] * (cdf + g[i] * normal_pdf(g[i]));
    dy[i] *= g[i] * cdf;
  }
  store<Element, Lanes>(p.du, at.in, dy);
  store<Element, Lanes>(p.dg, at.in, u);
}

// task(element, lanes, blocks): 16 bytes an access where widths and all pointers allow it.
template <class Task>
int with_lanes(const zt_geglu& p, const Task& task) {
  return with_element(p.dtype, [&](auto element) {
    constexpr int lanes = 16 / sizeof(typename decltype(element)::type);
    const bool vectors = p.width % lanes == 0 && p.stride % lanes == 0 && aligned(p.u) && aligned(p.g) &&
                         aligned(p.y) && aligned(p.dy) && aligned(p.du) && aligned(p.dg);
    const int64_t blocks = divided_up(p.rows * p.width / (vectors ? lanes : 1), block_threads);
    if (blocks <= 0 || blocks > INT32_MAX) return static_cast<int>(cudaErrorInvalidValue);
    const dim3 grid(static_cast<unsigned>(blocks));
    if (vectors)
      task(element, lane_count<lanes>(), grid);
    else
      task(element, lane_count<1>(), grid);
    return static_cast<int>(cudaGetLastError());
  });
}

}  // namespace

extern "C" int zt_geglu_forward(const zt_geglu* problem, void* stream) {
  return with_lanes(*problem, [&](auto element, auto lanes, dim3 grid) {
    launch(forward<typename decltype(element)::type, decltype(lanes)::value>, grid, block_threads, 0,
           static_cast<cudaStream_t>(stream), *problem);
  });
}

extern "C" int zt_geglu_backward(const zt_geglu* problem, void* stream) {
  return with_lanes(*problem, [&](auto element, auto lanes, dim3 grid) {
    launch(backward<typename decltype(element)::type, decltype(lanes)::value>, grid, block_threads, 0,
           static_cast<cudaStream_t>(stream), *problem);
  });
}

}  // namespace zoetrope
