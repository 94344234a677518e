// What the backward kernels of attention share: the gradients of the scores of one tile, from the log-sum-exp
// and delta of the queries (attention_problem.h has the equations). Queries are the rows of a tile for dq,
// its columns for dk and dv.
#pragma once

#include "attention/kernels/attention_tiles.cuh"

namespace zoetrope::attention_tiles {

// The numbers that forward and dq leave for each query of one (outer, inner, head).
struct query_numbers {
  __device__ query_numbers(const zt_attention& p, const place& here)
      : lse(static_cast<const float*>(p.lse) + here.index * p.tokens),
        delta(static_cast<float*>(p.delta) + here.index * p.tokens),
        count(static_cast<int>(p.tokens)) {}
  __device__ float lse_at(int query) const { return query < count ? lse[query] : infinity(); }
  __device__ float delta_at(int query) const { return query < count ? delta[query] : 0.0f; }
  const float* lse;
  float* delta;
  int count;
};

// s: q kᵀ -> weights. Where(row, column) gives the (query, key) of an element.
template <int Tiles, class Where>
inline __device__ void weights_of(float (&s)[Tiles][4], const scores_bias& bias, float scale,
                                  const query_numbers& numbers, const Where& where) {
#pragma unroll
  for (int tile = 0; tile < Tiles; ++tile)
#pragma unroll
    for (int i = 0; i < 4; ++i) {
      const int2 at = where(row_of(i), column_of(tile, i));
      s[tile][i] = __expf(s[tile][i] * scale + bias.at(at.x, at.y) - numbers.lse_at(at.x));
    }
}

}  // namespace zoetrope::attention_tiles
