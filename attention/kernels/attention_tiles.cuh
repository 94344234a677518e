// What our CUDA attention kernels share. A warp owns 16 rows of scores (or of a gradient) against 8 * Tiles
// columns; a lane is (group = lane / 4, pair = lane % 4) and holds the elements of them that mma.m16n8k16
// gives it:
//
//                 columns ->  tile 0: 8 columns    tile 1 …
//   row group                 s0 s1                         s[tile][0, 1]: row group, columns 2 pair, + 1
//   row group + 8             s2 s3                         s[tile][2, 3]: row group + 8, the same columns
//
// The trick that makes every access of memory one of 16 bytes, with no shuffle and no transposition: a
// product may run over its inner index in any order. In q kᵀ, lane `pair` takes the eight neighbouring
// channels 8 pair … of a chunk of 32 as its parts of two steps of 16. In p v the columns of the result may
// come in any order, too: column `group` of step e stands for channel 8 group + e of 64, so that a lane reads
// eight neighbouring channels of a value, and in the end owns the sixteen channels 16 pair … of its two rows.
//
// f32 goes the same ways without tensor cores: the same lane holds the same elements, by multiply-adds.
#pragma once

#include "attention/kernels/attention_problem.h"
#include "attention/kernels/matrix_instructions.cuh"

namespace zoetrope::attention_tiles {

constexpr int warp = 32;
constexpr unsigned all_lanes = 0xffffffffu;
constexpr int tile_rows = 16;
constexpr int tile_columns = 8;
constexpr int pass_channels = 64;  // of one round of p v

inline __device__ float infinity() { return __int_as_float(0x7f800000); }
inline __device__ int lane() { return static_cast<int>(threadIdx.x % warp); }
inline __device__ int group() { return lane() / 4; }
inline __device__ int pair() { return lane() % 4; }

// Eight neighbouring channels; those of 16 bits as words, since in halves they would take twice the
// registers.
template <class Element>
struct alignas(16) eight {
  uint32_t word[4] = {};  // channels 2 i and 2 i + 1
  __device__ float at(int i) const {
    Element both[2];
    memcpy(both, &word[i / 2], sizeof(both));
    return to_float(both[i % 2]);
  }
  __device__ void set_pair(int i, float first, float second) {
    word[i] = rounded_pair<Element>(first, second);
  }
};
template <>
struct alignas(16) eight<float> {
  float value[8] = {};
  __device__ float at(int i) const { return value[i]; }
  __device__ void set_pair(int i, float first, float second) {
    value[2 * i] = first;
    value[2 * i + 1] = second;
  }
};
// Channel i of a, and in the high half that of b
template <class Element>
inline __device__ uint32_t pair_at(const eight<Element>& a, const eight<Element>& b, int i) {
  return i % 2 == 0 ? low_halves(a.word[i / 2], b.word[i / 2]) : high_halves(a.word[i / 2], b.word[i / 2]);
}

// Rows of q, k, v, dy, … of one (outer, inner, head), turned as they are read where there is a rotation.
template <class Element>
struct rows_of {
  const Element* data;
  int64_t stride;
  int count, channels;
  const float* cosine = nullptr;
  const float* sine = nullptr;

  // Zeros beyond the last row and the last channel.
  __device__ eight<Element> load(int row, int channel) const {
    if (row >= count || channel >= channels) return {};
    const auto x = *reinterpret_cast<const eight<Element>*>(data + row * stride + channel);
    return cosine == nullptr ? x : turned(x, static_cast<int64_t>(row) * (channels / 2) + channel / 2);
  }

 private:
  __device__ eight<Element> turned(const eight<Element>& x, int64_t angle) const {
    eight<Element> y;
#pragma unroll
    for (int i = 0; i < 4; ++i) {
      const float first = x.at(2 * i), second = x.at(2 * i + 1), c = cosine[angle + i], s = sine[angle + i];
      y.set_pair(i, first * c - second * s, first * s + second * c);
    }
    return y;
  }
};

template <class Element>
inline __device__ float dot(const eight<Element>& a, const eight<Element>& b) {
  float sum = 0;
#pragma unroll
  for (int i = 0; i < 8; ++i) sum += a.at(i) * b.at(i);
  return sum;
}

inline __device__ float sum_over_pairs(float x) {
  x += __shfl_xor_sync(all_lanes, x, 1);
  return x + __shfl_xor_sync(all_lanes, x, 2);
}
inline __device__ float largest_over_pairs(float x) {
  x = fmaxf(x, __shfl_xor_sync(all_lanes, x, 1));
  return fmaxf(x, __shfl_xor_sync(all_lanes, x, 2));
}

// s += a[first_row …] · b[first_column …]ᵀ on tensor cores
template <int Tiles, class Element>
inline __device__ void add_products(float (&s)[Tiles][4], const rows_of<Element>& a, int first_row,
                                    const rows_of<Element>& b, int first_column) {
  for (int chunk = 0; chunk < a.channels; chunk += 32) {
    const int channel = chunk + 8 * pair();
    const eight<Element> upper = a.load(first_row + group(), channel),
                         lower = a.load(first_row + group() + 8, channel);
    const uint32_t first[4] = {upper.word[0], lower.word[0], upper.word[1], lower.word[1]},
                   second[4] = {upper.word[2], lower.word[2], upper.word[3], lower.word[3]};
#pragma unroll
    for (int tile = 0; tile < Tiles; ++tile) {
      const eight<Element> column = b.load(first_column + tile * tile_columns + group(), channel);
      multiply_add(s[tile], first, {column.word[0], column.word[1]}, Element());
      multiply_add(s[tile], second, {column.word[2], column.word[3]}, Element());
    }
  }
}
// The same in f32
template <int Tiles>
inline __device__ void add_products(float (&s)[Tiles][4], const rows_of<float>& a, int first_row,
                                    const rows_of<float>& b, int first_column) {
  for (int channel = 0; channel < a.channels; channel += 8) {
    const eight<float> upper = a.load(first_row + group(), channel),
                       lower = a.load(first_row + group() + 8, channel);
#pragma unroll
    for (int tile = 0; tile < Tiles; ++tile)
#pragma unroll
      for (int i = 0; i < 2; ++i) {
        const eight<float> column = b.load(first_column + tile * tile_columns + 2 * pair() + i, channel);
        s[tile][i] += dot(upper, column);
        s[tile][2 + i] += dot(lower, column);
      }
  }
}

// The weight of (row group, column) and of (row group + 8, column), from the lane that holds them.
template <int Tiles>
inline __device__ void weights_at(const float (&p)[Tiles][4], int tile, int column, float& upper,
                                  float& lower) {
  const int from = lane() / 4 * 4 + column / 2;
  upper = __shfl_sync(all_lanes, p[tile][column % 2], from);
  lower = __shfl_sync(all_lanes, p[tile][2 + column % 2], from);
}

// sum[e][0, 1]: row group, channels 64 pass + 16 pair + e, and + 8; sum[e][2, 3]: row group + 8.
using pass_sums = float[8][4];

// What a lane reads of 16 values of b for one pass: of rows 2 pair, 2 pair + 1, and the same 8 further.
template <class Element>
struct four_values {
  eight<Element> at[4];
  // `both`: whether there are more than the first eight.
  template <class Rows>
  __device__ void load(const Rows& b, int first, bool both, int pass) {
    const int row = first + 2 * pair(), channel = pass * pass_channels + 8 * group();
#pragma unroll
    for (int i = 0; i < 4; ++i)
      at[i] = i < 2 || both ? b.load(row + i % 2 + i / 2 * 8, channel) : eight<Element>();
  }
};

// sum += p[tile, tile + 1] · those 16 values, on tensor cores
template <int Tiles, class Element>
inline __device__ void add_weighted_pair(pass_sums& sum, const float (&p)[Tiles][4], int tile,
                                         const four_values<Element>& b) {
  const bool both = tile + 1 < Tiles;
  const float(&next)[4] = p[both ? tile + 1 : tile];
  const uint32_t a[4] = {rounded_pair<Element>(p[tile][0], p[tile][1]),
                         rounded_pair<Element>(p[tile][2], p[tile][3]),
                         both ? rounded_pair<Element>(next[0], next[1]) : 0u,
                         both ? rounded_pair<Element>(next[2], next[3]) : 0u};
#pragma unroll
  for (int e = 0; e < 8; ++e)
    multiply_add(sum[e], a, {pair_at(b.at[0], b.at[1], e), pair_at(b.at[2], b.at[3], e)}, Element());
}

// sum += p · b[first …], for the channels of one pass, on tensor cores
template <int Tiles, class Element>
inline __device__ void add_weighted(pass_sums& sum, const float (&p)[Tiles][4], const rows_of<Element>& b,
                                    int first, int pass) {
#pragma unroll
  for (int tile = 0; tile < Tiles; tile += 2) {
    four_values<Element> values;
    values.load(b, first + tile * tile_columns, tile + 1 < Tiles, pass);
    add_weighted_pair(sum, p, tile, values);
  }
}
// The same in f32
template <int Tiles>
inline __device__ void add_weighted(pass_sums& sum, const float (&p)[Tiles][4], const rows_of<float>& b,
                                    int first, int pass) {
  const int channel = pass * pass_channels + 16 * pair();
#pragma unroll
  for (int tile = 0; tile < Tiles; ++tile)
#pragma unroll
    for (int column = 0; column < tile_columns; ++column) {
      float upper, lower;
      weights_at(p, tile, column, upper, lower);
      const int row = first + tile * tile_columns + column;
      const eight<float> near = b.load(row, channel), far = b.load(row, channel + 8);
#pragma unroll
      for (int e = 0; e < 8; ++e) {
        sum[e][0] += upper * near.at(e);
        sum[e][1] += upper * far.at(e);
        sum[e][2] += lower * near.at(e);
        sum[e][3] += lower * far.at(e);
      }
    }
}

// Of the lane's two rows: the largest score, and the sum of exp(score - largest).
struct row_sums {
  __device__ float lse(int half) const {
    return sum[half] == 0 ? infinity() : largest[half] + logf(sum[half]);
  }
  float largest[2], sum[2];
};

// s -> weights, rows of which sum to one (or are zero where no key is seen)
template <int Tiles>
inline __device__ row_sums softmax(float (&s)[Tiles][4]) {
  row_sums rows;
#pragma unroll
  for (int half = 0; half < 2; ++half) {
    float largest = -infinity(), sum = 0;
#pragma unroll
    for (int tile = 0; tile < Tiles; ++tile)
      largest = fmaxf(largest, fmaxf(s[tile][2 * half], s[tile][2 * half + 1]));
    largest = largest_over_pairs(largest);
    if (largest == -infinity()) largest = 0;
#pragma unroll
    for (int tile = 0; tile < Tiles; ++tile)
#pragma unroll
      for (int i = 2 * half; i < 2 * half + 2; ++i) sum += s[tile][i] = __expf(s[tile][i] - largest);
    sum = sum_over_pairs(sum);
    const float factor = sum == 0 ? 0 : __fdividef(1, sum);
#pragma unroll
    for (int tile = 0; tile < Tiles; ++tile)
#pragma unroll
      for (int i = 2 * half; i < 2 * half + 2; ++i) s[tile][i] *= factor;
    rows.largest[half] = largest;
    rows.sum[half] = sum;
  }
  return rows;
}

// Where a result goes: rows of y, dq, dk or dv; turned back by the angles with which they were read, if any.
template <class Element>
struct results_of {
  Element* data;
  int64_t stride;
  int count, channels;
  const float* cosine = nullptr;
  const float* sine = nullptr;

  __device__ void store(int row, int channel, float (&x)[8]) const {
    if (row >= count || channel >= channels) return;
    if (cosine != nullptr) turn_back(x, static_cast<int64_t>(row) * (channels / 2) + channel / 2);
    eight<Element> packed;
#pragma unroll
    for (int i = 0; i < 4; ++i) packed.set_pair(i, x[2 * i], x[2 * i + 1]);
    Element* const place = data + row * stride + channel;
    if constexpr (sizeof(packed) == 16)
      store_16_bytes(packed, place);
    else
      *reinterpret_cast<eight<Element>*>(place) = packed;
  }

 private:
  __device__ void turn_back(float (&x)[8], int64_t angle) const {
#pragma unroll
    for (int i = 0; i < 4; ++i) {
      const float first = x[2 * i], second = x[2 * i + 1], c = cosine[angle + i], s = sine[angle + i];
      x[2 * i] = first * c + second * s;
      x[2 * i + 1] = second * c - first * s;
    }
  }
};

template <class Results>
inline __device__ void store_pass(const Results& to, int first_row, int pass, const pass_sums& sum,
                                  float upper_factor, float lower_factor) {
#pragma unroll
  for (int part = 0; part < 4; ++part) {  // near and far channels of the upper and of the lower row
    float x[8];
#pragma unroll
    for (int e = 0; e < 8; ++e) x[e] = sum[e][part] * (part < 2 ? upper_factor : lower_factor);
    to.store(first_row + group() + part / 2 * 8, pass * pass_channels + 16 * pair() + part % 2 * 8, x);
  }
}

// One (outer, inner, head).
struct place {
  __device__ place(const zt_attention& p, int64_t index)
      : head(index % p.heads),
        inner(index / p.heads % p.inner),
        outer(index / p.heads / p.inner),
        index(index) {}
  __device__ int64_t at(const zt_attention_strides& s) const {
    return outer * s.outer + inner * s.inner + head * s.head;
  }
  int64_t head, inner, outer, index;
};

template <class Element>
inline __device__ rows_of<Element> rows_at(const void* data, const zt_attention_strides& strides,
                                           const place& here, int64_t count, const zt_attention& p,
                                           const zt_rotation& turn = {}) {
  return {static_cast<const Element*>(data) + here.at(strides),
          strides.token,
          static_cast<int>(count),
          static_cast<int>(p.head_dim),
          static_cast<const float*>(turn.cosine),
          static_cast<const float*>(turn.sine)};
}
template <class Element>
inline __device__ results_of<Element> results_at(void* data, const zt_attention_strides& strides,
                                                 const place& here, int64_t count, const zt_attention& p,
                                                 const zt_rotation& turn = {}) {
  return {static_cast<Element*>(data) + here.at(strides),
          strides.token,
          static_cast<int>(count),
          static_cast<int>(p.head_dim),
          static_cast<const float*>(turn.cosine),
          static_cast<const float*>(turn.sine)};
}

// What is added to the score of a (query, key); -infinity beyond the last of either.
struct scores_bias {
  __device__ scores_bias(const zt_attention& p, const place& here)
      : data(p.bias == nullptr ? nullptr : static_cast<const float*>(p.bias) + here.at(p.bias_strides)),
        query_stride(p.bias_strides.token),
        key_stride(p.bias_key_stride),
        tokens(static_cast<int>(p.tokens)),
        keys(static_cast<int>(p.keys)) {}
  __device__ float at(int query, int key) const {
    if (query >= tokens || key >= keys) return -infinity();
    return data == nullptr ? 0.0f : data[query * query_stride + key * key_stride];
  }
  const float* data;
  int64_t query_stride, key_stride;
  int tokens, keys;
};

// The row and column of s[tile][i], counted from the first of the warp's.
inline __device__ int row_of(int i) { return group() + i / 2 * 8; }
inline __device__ int column_of(int tile, int i) { return tile * tile_columns + 2 * pair() + i % 2; }

}  // namespace zoetrope::attention_tiles
