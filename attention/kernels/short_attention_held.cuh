// Short attention as a GPU's memory likes it: all that a warp reads is asked for before anything is computed,
// so that enough bytes are on their way. For that the number of 32-channel chunks is a template argument, and
// q and k (v, too, where they are few) stand in registers.
//
// Two (pixel, head)s of at most 8 tokens share a tile, so that no lane is idle:
//
//                keys of the first   of the second
//   rows 0-7     [ s               ][ hidden       ]      and p v sums over 8 keys of each, of which half
//   rows 8-15    [ hidden          ][ s            ]      have the weight 0
//
// (A value that is not finite thus reaches its neighbour, too.)
#pragma once

#include "attention/kernels/short_attention_launch.cuh"

namespace zoetrope::attention_tiles {

constexpr int fold = 8;  // rows of each of two jobs that share a tile

// Rows to read, or to write, of two jobs.
template <class Rows>
struct side_by_side {
  Rows first, second;
  int count, channels;
  __device__ side_by_side(const Rows& first, const Rows& second)
      : first(first), second(second), count(2 * fold), channels(first.channels) {}

  __device__ auto load(int row, int channel) const {
    return row < fold ? first.load(row, channel) : second.load(row - fold, channel);
  }
  __device__ void store(int row, int channel, float (&x)[8]) const {
    row < fold ? first.store(row, channel, x) : second.store(row - fold, channel, x);
  }
};

// q and k of the lane, read at once: s = q kᵀ for 16-bit elements.
template <class Element, int Tiles, int Chunks>
struct held_products {
  template <class Rows>
  __device__ held_products(const Rows& q, int first_row, const Rows& k) {
#pragma unroll
    for (int chunk = 0; chunk < Chunks; ++chunk) {
      const int channel = 32 * chunk + 8 * pair();
      upper[chunk] = q.load(first_row + group(), channel);
      lower[chunk] = q.load(first_row + group() + 8, channel);
#pragma unroll
      for (int tile = 0; tile < Tiles; ++tile)
        column[tile][chunk] = k.load(tile * tile_columns + group(), channel);
    }
  }
  __device__ void add_to(float (&s)[Tiles][4]) const {
#pragma unroll
    for (int chunk = 0; chunk < Chunks; ++chunk)
#pragma unroll
      for (int half = 0; half < 2; ++half) {
        const int w = 2 * half;
        const uint32_t a[4] = {upper[chunk].word[w], lower[chunk].word[w], upper[chunk].word[w + 1],
                               lower[chunk].word[w + 1]};
#pragma unroll
        for (int tile = 0; tile < Tiles; ++tile)
          multiply_add(s[tile], a, {column[tile][chunk].word[w], column[tile][chunk].word[w + 1]}, Element());
      }
  }
  eight<Element> upper[Chunks], lower[Chunks], column[Tiles][Chunks];
};

// The values of the lane for one pass.
template <class Element, int Tiles>
struct held_values {
  template <class Rows>
  __device__ void load(const Rows& v, int pass) {
#pragma unroll
    for (int tile = 0; tile < Tiles; tile += 2)
      at[tile / 2].load(v, tile * tile_columns, tile + 1 < Tiles, pass);
  }
  __device__ void add_to(pass_sums& sum, const float (&p)[Tiles][4]) const {
#pragma unroll
    for (int tile = 0; tile < Tiles; tile += 2) add_weighted_pair(sum, p, tile, at[tile / 2]);
  }
  four_values<Element> at[(Tiles + 1) / 2];
};

// One tile: rows first_row … of q against all keys; score(s, row, key) scales and hides.
template <class Element, int Tiles, int Chunks, class Rows, class Results, class Score>
inline __device__ void attend_held(const Rows& q, int first_row, const Rows& k, const Rows& v,
                                   const Results& y, const Score& score, float (&lse)[2]) {
  constexpr int passes = (Chunks + 1) / 2, held_passes = Tiles * passes <= 4 ? passes : 0;
  const held_products<Element, Tiles, Chunks> products(q, first_row, k);
  held_values<Element, Tiles> values[held_passes > 0 ? held_passes : 2];
#pragma unroll
  for (int pass = 0; pass < held_passes; ++pass) values[pass].load(v, pass);
  float s[Tiles][4] = {};
  products.add_to(s);
  if (held_passes == 0) values[0].load(v, 0);
#pragma unroll
  for (int tile = 0; tile < Tiles; ++tile)
#pragma unroll
    for (int i = 0; i < 4; ++i) s[tile][i] = score(s[tile][i], first_row + row_of(i), column_of(tile, i));
  softmax(s, lse);
#pragma unroll
  for (int pass = 0; pass < passes; ++pass) {
    if (held_passes == 0 && pass + 1 < passes) values[(pass + 1) % 2].load(v, pass + 1);
    pass_sums sum = {};
    values[held_passes > 0 ? pass : pass % 2].add_to(sum, s);
    store_pass(y, first_row, pass, sum, 1, 1);
  }
}

}  // namespace zoetrope::attention_tiles
