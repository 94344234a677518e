// What the forward and the backward kernel of layer_norm_rows share: a warp takes a row.
//
//   lane       0    1    2        31   0    1        a vector of 16 bytes each; `Held` of them stay in a
//   lane's row     [vec][vec][vec] … [vec][vec][vec] …      registers between the passes over the row (Held =
//   0: rows of any
//            `---------- 32 ----------'              width, read again from the cache)
//
// Rows are numbered in the order batch, frame, position; blockIdx.x and threadIdx.y give the number.
#pragma once

#include "core/cuda/elements.cuh"
#include "core/cuda/launch.cuh"
#include "models/kernels/layer_norm_rows.h"

namespace zoetrope::layer_norm_rows {

constexpr int warp = 32;
constexpr int rows_a_block = 4;

// Where a row lies.
struct place {
  __device__ place(const zt_layer_norm_rows& p, int64_t row)
      : row(row), contiguous(row * p.channels), position(row % p.positions) {
    const int64_t frame = row / p.positions % p.frames, batch = row / p.positions / p.frames;
    x = batch * p.x_stride[0] + frame * p.x_stride[1] + position * p.x_stride[2];
    y = batch * p.y_stride[0] + frame * p.y_stride[1] + position * p.y_stride[2];
    table = frame * p.table_stride[0] + position * p.table_stride[1];
  }
  int64_t row, contiguous, position, x, y, table;  // first elements
};

inline __device__ int64_t row_of_warp() {
  return static_cast<int64_t>(blockIdx.x) * rows_a_block + threadIdx.y;
}
inline __host__ __device__ int64_t rows_of(const zt_layer_norm_rows& p) {
  return p.batch * p.frames * p.positions;
}

// A lane's share of a row that several passes visit: what `first` makes of it is kept, or else read by
// `again` each time. `read` asks for what `first` needs; where vectors are kept, for all of them before the
// first is used.
template <int Lanes, int Held>
class lane_vectors {
 public:
  template <class Raw, class Read, class First>
  __device__ lane_vectors(int64_t vectors, Raw, const Read& read, const First& first) : vectors_(vectors) {
    if constexpr (Held > 0) {
      Raw raw[Held];
#pragma unroll
      for (int i = 0; i < Held; ++i)
        if (threadIdx.x + i * warp < vectors_) read(threadIdx.x + i * warp, raw[i]);
#pragma unroll
      for (int i = 0; i < Held; ++i)
        if (threadIdx.x + i * warp < vectors_) first(threadIdx.x + i * warp, raw[i], held_[i]);
    } else {
      for (int64_t v = threadIdx.x; v < vectors_; v += warp) {
        Raw raw;
        read(v, raw);
        first(v, raw, held_[0]);
      }
    }
  }

  // visit(number of the vector, its values)
  template <class Again, class Visit>
  __device__ void each(const Again& again, const Visit& visit) {
    if constexpr (Held > 0) {
#pragma unroll
      for (int i = 0; i < Held; ++i)
        if (threadIdx.x + i * warp < vectors_) visit(threadIdx.x + i * warp, held_[i]);
    } else {
      for (int64_t v = threadIdx.x; v < vectors_; v += warp) {
        again(v, held_[0]);
        visit(v, held_[0]);
      }
    }
  }

 private:
  const int64_t vectors_;
  float held_[Held > 0 ? Held : 1][Lanes];
};

template <class ElementType, int LaneCount, int HeldCount>
struct kernel_choice {
  using Element = ElementType;
  static constexpr int Lanes = LaneCount, Held = HeldCount;
};

inline bool strides_allow(const zt_layer_norm_rows& p, int lanes) {
  int64_t all = p.channels | p.table_stride[0] | p.table_stride[1];
  for (int i = 0; i < 3; ++i) all |= p.x_stride[i] | p.y_stride[i];
  return all % lanes == 0;
}

// task(kernel_choice): 16 bytes an access where the shape and all pointers allow it, else one channel at a
// time.
template <class Task>
auto with_choice(const zt_layer_norm_rows& p, const Task& task) {
  return with_element(p.dtype, [&](auto element) {
    using Element = typename decltype(element)::type;
    constexpr int lanes = 16 / sizeof(Element);
    bool vectors = strides_allow(p, lanes);
    for (const void* pointer : {p.x, p.residual, p.weight, p.bias, p.table, p.dy, p.dsum})
      vectors = vectors && aligned(pointer);
    for (const void* pointer : {p.sum, p.y, p.dx}) vectors = vectors && aligned(pointer);
    if (!vectors) return task(kernel_choice<Element, 1, 0>());
    // 320, 640 and 1280 channels are what the published models have.
    const int64_t held = divided_up(p.channels / lanes, warp);
    if (held <= 2) return task(kernel_choice<Element, lanes, 2>());
    if (held <= 3) return task(kernel_choice<Element, lanes, 3>());
    if (held <= 5) return task(kernel_choice<Element, lanes, 5>());
    if (held <= 10) return task(kernel_choice<Element, lanes, 10>());
    return task(kernel_choice<Element, lanes, 0>());
  });
}

inline bool fits_grid(const zt_layer_norm_rows& p) {
  return p.channels > 0 && rows_of(p) > 0 && rows_of(p) / rows_a_block < INT32_MAX;
}

}  // namespace zoetrope::layer_norm_rows
