// What the forward and the backward kernel of layer_norm_rows share: 8, 16 or 32 lanes of a warp (`Width`)
// take a row, so many that each has up to five vectors and none is idle.
//
//   lane           0    1    2      Width - 1   0    1     a vector of 16 bytes each; `Held` of them stay in
//   a row        [vec][vec][vec] … [vec]      [vec][vec] … a lane's registers between the passes over the row
//                `------- Width -------'                   (0: rows of any width, read again from the cache)
//
// Rows are numbered in the order batch, frame, position; blockIdx.x, threadIdx.y and the lane give the
// number.
#pragma once

#include "core/cuda/elements.cuh"
#include "core/cuda/launch.cuh"
#include "models/kernels/layer_norm_rows.h"

namespace zoetrope::layer_norm_rows {

constexpr int warp = 32;
constexpr int block_warps = 4;

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

inline __host__ __device__ int64_t rows_of(const zt_layer_norm_rows& p) {
  return p.batch * p.frames * p.positions;
}
template <int Width>
constexpr int rows_a_block = block_warps*(warp / Width);

// The row of a lane. Beyond the last row the last one, `there` being false and `vectors` zero: all lanes take
// part in sums over lanes.
template <int Width>
struct lane_row {
  __device__ lane_row(const zt_layer_norm_rows& p, int lanes) {
    const int64_t wanted = static_cast<int64_t>(blockIdx.x) * rows_a_block<Width> +
                           threadIdx.y * (warp / Width) + threadIdx.x / Width;
    there = wanted < rows_of(p);
    number = there ? wanted : rows_of(p) - 1;
    vectors = there ? p.channels / lanes : 0;
  }
  int64_t number, vectors;
  bool there;
};

// A lane's share of a row that several passes visit: what `first` makes of it is kept, or else read by
// `again` each time. `read` asks for what `first` needs; where vectors are kept, for all of them before the
// first is used.
template <int Lanes, int Held, int Width>
class lane_vectors {
 public:
  template <class Raw, class Read, class First>
  __device__ lane_vectors(int64_t vectors, Raw, const Read& read, const First& first) : vectors_(vectors) {
    if constexpr (Held > 0) {
      Raw raw[Held];
#pragma unroll
      for (int i = 0; i < Held; ++i)
        if (lane() + i * Width < vectors_) read(lane() + i * Width, raw[i]);
#pragma unroll
      for (int i = 0; i < Held; ++i)
        if (lane() + i * Width < vectors_) first(lane() + i * Width, raw[i], held_[i]);
    } else {
      for (int64_t v = lane(); v < vectors_; v += Width) {
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
        if (lane() + i * Width < vectors_) visit(lane() + i * Width, held_[i]);
    } else {
      for (int64_t v = lane(); v < vectors_; v += Width) {
        again(v, held_[0]);
        visit(v, held_[0]);
      }
    }
  }

 private:
  static __device__ int lane() { return static_cast<int>(threadIdx.x) % Width; }

  const int64_t vectors_;
  float held_[Held > 0 ? Held : 1][Lanes];
};

template <class ElementType, int LaneCount, int HeldCount, int WidthCount>
struct kernel_choice {
  using Element = ElementType;
  static constexpr int Lanes = LaneCount, Held = HeldCount, Width = WidthCount;
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
    if (!vectors) return task(kernel_choice<Element, 1, 0, warp>());
    // 320, 640 and 1280 channels, what the published models have, are five vectors a lane in 16 bits.
    const int64_t a_row = p.channels / lanes;
    if (a_row <= 8 * 5) return task(kernel_choice<Element, lanes, 5, 8>());
    if (a_row <= 16 * 5) return task(kernel_choice<Element, lanes, 5, 16>());
    if (a_row <= warp * 5) return task(kernel_choice<Element, lanes, 5, warp>());
    if (a_row <= warp * 10) return task(kernel_choice<Element, lanes, 10, warp>());
    return task(kernel_choice<Element, lanes, 0, warp>());
  });
}

inline bool fits_grid(const zt_layer_norm_rows& p) {
  return p.channels > 0 && rows_of(p) > 0 && rows_of(p) / block_warps < INT32_MAX;
}

}  // namespace zoetrope::layer_norm_rows
