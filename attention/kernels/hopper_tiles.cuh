// What the kernels of hopper_attention.h share: tiles brought by the copy engine, their barriers, the softmax
// of a warpgroup's rows, and y. A lane's scores and sums lie as hopper_instructions.cuh says: of rows `group`
// and `group` + 8 of its warp's 16.
#pragma once

#include <cmath>

#include "attention/kernels/attention_problem.h"
#include "attention/kernels/hopper_instructions.cuh"

namespace zoetrope::hopper {

constexpr int warpgroup = 128, warpgroup_rows = 64;

struct head_at {
  int64_t index;
  int head, inner, outer;
  __device__ head_at(const zt_attention& p, unsigned at) : index(at) {
    const unsigned batch = at / static_cast<unsigned>(p.heads);
    head = static_cast<int>(at - batch * static_cast<unsigned>(p.heads));
    outer = static_cast<int>(batch / static_cast<unsigned>(p.inner));
    inner = static_cast<int>(batch - static_cast<unsigned>(outer) * static_cast<unsigned>(p.inner));
  }
  __device__ int64_t first(const zt_attention_strides& s) const {
    return outer * s.outer + inner * s.inner + head * s.head;
  }
};

inline __device__ uint32_t aligned_to_swizzle(const void* memory) {
  return (shared_address(memory) + 1023) & ~1023u;
}
constexpr int alignment_bytes = 1024 - 128;  // at most lost by it: dynamic_shared() is aligned to 128

// Rows row … row + Rows - 1 of one head, zeros beyond the last; panels of 64 channels one behind the other.
template <int Channels, int Rows>
__device__ void bring(uint32_t to, const CUtensorMap& map, uint32_t barrier, int row,
                      const zt_attention_strides& s, const head_at& here) {
#pragma unroll
  for (int panel = 0; panel < Channels / panel_channels; ++panel)
    copy_box(to + panel * Rows * row_bytes, map, barrier, panel * panel_channels, row, s.head ? here.head : 0,
             s.inner ? here.inner : 0, s.outer ? here.outer : 0);
}

// Barriers of a ring of Stages places: step g lies at place g % Stages. `full` when it came, `empty` when all
// warps have read it.
template <int Stages>
struct ring_barriers {
  static constexpr int bytes = 16 * Stages;
  uint32_t memory;
  __device__ uint32_t full(int step) const { return memory + 8 * (step % Stages); }
  __device__ uint32_t empty(int step) const { return full(step) + 8 * Stages; }
  __device__ void init(int warps) const {
    for (int i = 0; i < Stages; ++i) {
      barrier_init(full(i), 1);
      barrier_init(empty(i), warps);
    }
  }
  __device__ void wait_full(int step) const { barrier_wait(full(step), step / Stages & 1); }
  /// Until the step that lay there before has been read.
  __device__ void wait_free(int step) const {
    if (step >= Stages) barrier_wait(empty(step), (step / Stages - 1) & 1);
  }
  __device__ void release(int step) const {
    if (threadIdx.x % 32 == 0) barrier_arrive(empty(step));
  }
};

// Of a tile of which only the first `keys` are keys.
template <int Count>
__device__ void hide_beyond(float (&s)[Count], int keys) {
  if (keys >= 2 * Count) return;
  const int left = keys - 2 * static_cast<int>(threadIdx.x % 4);
#pragma unroll
  for (int i = 0; i < Count; ++i)
    if (i / 4 * 8 + i % 2 >= left) s[i] = -INFINITY;
}

// Of the lane's two rows: the scores' largest so far (as they were, unscaled), its part of the sum of
// weights.
struct running_softmax {
  float largest[2] = {-INFINITY, -INFINITY}, sum[2] = {};
  float factor[2];

  // s -> 2^(scale s - scale largest); factor: by which what was summed before shrinks
  template <int Count>
  __device__ void add(float (&s)[Count], float scale) {
#pragma unroll
    for (int half = 0; half < 2; ++half) {
      float most[2] = {-INFINITY, -INFINITY};
#pragma unroll
      for (int t = 0; t < Count / 4; ++t)
        most[t % 2] = fmaxf(most[t % 2], fmaxf(s[4 * t + 2 * half], s[4 * t + 2 * half + 1]));
      float now = over_quad(fmaxf(most[0], most[1]), [](float a, float b) { return fmaxf(a, b); });
      now = fmaxf(now, largest[half]);
      // within a factor of 256 the old base serves as well, and nothing need shrink
      if ((now - largest[half]) * scale <= 8.0f) now = largest[half];
      factor[half] = exp2_fast((largest[half] - now) * scale);
      largest[half] = now;
    }
    const float base[2] = {largest[0] * scale, largest[1] * scale};
    float more[2][2] = {};
#pragma unroll
    for (int i = 0; i < Count; ++i) {
      const float weight = exp2_fast(fmaf(s[i], scale, -base[i / 2 % 2]));
      s[i] = weight;
      more[i / 2 % 2][i % 2] += weight;
    }
#pragma unroll
    for (int half = 0; half < 2; ++half)
      sum[half] = fmaf(sum[half], factor[half], more[half][0] + more[half][1]);
  }
  template <int Count>
  __device__ void shrink(float (&y)[Count]) const {
    if (!__any_sync(0xffffffffu, factor[0] != 1.0f || factor[1] != 1.0f)) return;
#pragma unroll
    for (int i = 0; i < Count; ++i) y[i] *= factor[i / 2 % 2];
  }
  __device__ void finish() {
#pragma unroll
    for (int half = 0; half < 2; ++half)
      sum[half] = over_quad(sum[half], [](float a, float b) { return a + b; });
  }

 private:
  template <class Join>
  static __device__ float over_quad(float x, const Join& join) {
    x = join(x, __shfl_xor_sync(0xffffffffu, x, 1));
    return join(x, __shfl_xor_sync(0xffffffffu, x, 2));
  }
};

// Weights as the A operands of p v: accumulators of 16 columns lie as an A of 16 columns does.
template <class Element, int Count>
__device__ void round_weights(uint32_t (&weights)[Count / 8][4], const float (&s)[Count]) {
#pragma unroll
  for (int i = 0; i < Count / 8; ++i) {
#pragma unroll
    for (int j = 0; j < 4; ++j) weights[i][j] = packed<Element>(s[8 * i + 2 * j], s[8 * i + 2 * j + 1]);
    pin(weights[i]);
  }
}

// y += p v, issued: v has 2 Count rows of Channels; y is 0 before where not `add`.
template <class Element, int Keys, int Channels>
__device__ void add_weighted(float (&y)[Channels / 2], const uint32_t (&weights)[Keys / 16][4], uint32_t v,
                             bool add) {
  const uint64_t b = descriptor(v, Keys * row_bytes, 8 * row_bytes);
#pragma unroll
  for (int i = 0; i < Keys / 16; ++i)
    wgmma<Element, true>(y, weights[i], b + i * 16 * row_bytes / 16, i > 0 || add);
  wgmma_commit();
}

// Rows row and row + 8 of y / sum, 16 bytes a lane.
template <class Element, int Channels>
__device__ void store_rows(const float (&y)[Channels / 2], Element* to, int64_t stride, int row, int rows,
                           const float (&sum)[2]) {
#pragma unroll
  for (int half = 0; half < 2; ++half) {
    const float factor = 1 / sum[half];
#pragma unroll
    for (int i = 0; i < Channels / 32; ++i) {
      uint32_t w[4];
#pragma unroll
      for (int t = 0; t < 4; ++t) {
        const int at = 4 * (4 * i + t) + 2 * half;
        w[t] = packed<Element>(y[at] * factor, y[at + 1] * factor);
      }
      transpose_in_quad(w);
      if (row + 8 * half < rows) store_16(to + (row + 8 * half) * stride + (4 * i + threadIdx.x % 4) * 8, w);
    }
  }
}

}  // namespace zoetrope::hopper
