// Attention of at most 64 tokens to 64 keys, forward. See short_attention.h, and attention_tiles.cuh for the
// tiles.
//
// A warp takes 16 queries of one (pixel, head) and sees all keys at once, so its softmax is one in registers.
// Warps of a block take neighbouring heads, then pixels: what they read and write lies side by side. This is
// the general kernel; most problems are served by the one of short_attention_held.cuh.
#include "attention/kernels/attention_tiles.cuh"
#include "attention/kernels/short_attention.h"
#include "attention/kernels/short_attention_held.cuh"

namespace zoetrope {

namespace {

using namespace attention_tiles;

// scores += q_i · relative_k_ij, for the pairs that the lane holds
template <int Tiles, class Element>
__device__ void add_relative_scores(float (&s)[Tiles][4], const rows_of<Element>& q, int first_row,
                                    const zt_attention& p) {
  const auto* table = static_cast<const Element*>(p.relative_k);
  for (int tile = 0; tile < Tiles; ++tile)
    for (int i = 0; i < 4; ++i) {
      const int row = first_row + row_of(i), key = column_of(tile, i);
      if (row >= q.count || key >= p.keys) continue;
      const rows_of<Element> pairs{table + (row * p.keys + key) * p.head_dim, 0, 1, q.channels};
      for (int channel = 0; channel < q.channels; channel += 8)
        s[tile][i] += dot(q.load(row, channel), pairs.load(0, channel));
    }
}

// sums += sum_j p_ij relative_v_ij
template <int Tiles, class Element>
__device__ void add_relative_values(pass_sums& sum, const float (&weights)[Tiles][4], int first_row,
                                    const zt_attention& p, int pass) {
  const auto* table = static_cast<const Element*>(p.relative_v);
  const int channels = static_cast<int>(p.head_dim), keys = static_cast<int>(p.keys),
            channel = pass * pass_channels + 16 * pair();
  for (int tile = 0; tile < Tiles; ++tile)
    for (int column = 0; column < tile_columns; ++column) {
      float of_row[2];
      weights_at(weights, tile, column, of_row[0], of_row[1]);
      const int key = tile * tile_columns + column;
      for (int half = 0; half < 2; ++half) {
        const int row = first_row + group() + 8 * half;
        if (row >= p.tokens || key >= keys) continue;
        const rows_of<Element> values{table + row * p.keys * p.head_dim, p.head_dim, keys, channels};
        const eight<Element> near = values.load(key, channel), far = values.load(key, channel + 8);
        for (int e = 0; e < 8; ++e) {
          sum[e][2 * half] += of_row[half] * near.at(e);
          sum[e][2 * half + 1] += of_row[half] * far.at(e);
        }
      }
    }
}

template <class Element, int Tiles>
__global__ void short_attention_tiles(zt_attention p) {
  const int row_tiles = tiles_of(p.tokens);
  const int64_t jobs = p.outer * p.inner * p.heads * row_tiles;
  for (int64_t job = first_job(); job < jobs; job += job_stride()) {
    const place here(p, job / row_tiles);
    const int first_row = static_cast<int>(job % row_tiles) * tile_rows;
    const auto q = rows_at<Element>(p.q, p.q_strides, here, p.tokens, p, p.q_rotation),
               k = rows_at<Element>(p.k, p.k_strides, here, p.keys, p, p.k_rotation),
               v = rows_at<Element>(p.v, p.v_strides, here, p.keys, p);
    float s[Tiles][4] = {};
    add_products(s, q, first_row, k, 0);
    if (p.relative_k != nullptr) add_relative_scores(s, q, first_row, p);
    const scores_bias bias(p, here);
#pragma unroll
    for (int tile = 0; tile < Tiles; ++tile)
#pragma unroll
      for (int i = 0; i < 4; ++i)
        s[tile][i] =
            s[tile][i] * static_cast<float>(p.scale) + bias.at(first_row + row_of(i), column_of(tile, i));
    const row_sums sums = softmax(s);
    const auto y = results_at<Element>(p.y, p.y_strides, here, p.tokens, p);
    for (int pass = 0; pass * pass_channels < p.head_dim; ++pass) {
      pass_sums sum = {};
      add_weighted(sum, s, v, 0, pass);
      if (p.relative_v != nullptr) add_relative_values<Tiles, Element>(sum, s, first_row, p, pass);
      store_pass(y, first_row, pass, sum, 1, 1);
    }
    store_lse(p, here.index, first_row, sums);
  }
}

}  // namespace

extern "C" int zt_short_attention_forward(const zt_attention* problem, void* stream) {
  const zt_attention& p = *problem;
  if (!served(p)) return cudaErrorInvalidValue;
  if (launch_held(p, stream)) return cudaGetLastError();
  return with_tiles(p, p.keys, [&](auto element, auto tiles) {
    launch_jobs(short_attention_tiles<typename decltype(element)::type, decltype(tiles)::value>, p,
                p.outer * p.inner * p.heads * tiles_of(p.tokens), stream);
    return cudaGetLastError();
  });
}

}  // namespace zoetrope
