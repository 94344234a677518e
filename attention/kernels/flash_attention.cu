// Tiled attention with a streaming softmax, forward. See flash_attention.h for the equations,
// attention_tiles.cuh for what a lane holds. 64 queries a block, 16 a warp; keys and values pass through
// shared memory, two tiles deep:
//
//                keys ->   [ K tile, V tile ] [ next, on its way ] …
//   warp 0   16 queries     s -> p, in registers, never stored
//   warp 1   16 queries     y: 16 x head_dim in registers, shrunk as larger scores come
//   …
#include "attention/kernels/flash_attention_launch.cuh"
#include "attention/kernels/hopper_attention.h"

namespace zoetrope {

namespace {

using namespace attention_tiles;

// The softmax so far of the lane's two rows.
struct running_softmax {
  float largest[2] = {-infinity(), -infinity()}, sum[2] = {};

  // s -> exp(s - largest); factor: by which what was summed before shrinks
  template <int Tiles>
  __device__ void add(float (&s)[Tiles][4], float (&factor)[2]) {
#pragma unroll
    for (int half = 0; half < 2; ++half) {
      float now = -infinity(), more = 0;
#pragma unroll
      for (int tile = 0; tile < Tiles; ++tile)
        now = fmaxf(now, fmaxf(s[tile][2 * half], s[tile][2 * half + 1]));
      now = fmaxf(largest[half], largest_over_pairs(now));
      const float base = now == -infinity() ? 0.0f : now;
#pragma unroll
      for (int tile = 0; tile < Tiles; ++tile)
#pragma unroll
        for (int i = 2 * half; i < 2 * half + 2; ++i) more += s[tile][i] = __expf(s[tile][i] - base);
      factor[half] = __expf(largest[half] - base);
      largest[half] = now;
      sum[half] = sum[half] * factor[half] + sum_over_pairs(more);
    }
  }
  __device__ float share(int half) const { return sum[half] == 0 ? 0.0f : 1 / sum[half]; }
  __device__ float lse(int half) const {
    return sum[half] == 0 ? infinity() : largest[half] + logf(sum[half]);
  }
};

template <int Passes>
__device__ void shrink(pass_sums (&sums)[Passes], const float (&factor)[2]) {
#pragma unroll
  for (int pass = 0; pass < Passes; ++pass)
#pragma unroll
    for (int e = 0; e < 8; ++e)
#pragma unroll
      for (int part = 0; part < 4; ++part) sums[pass][e][part] *= factor[part / 2];
}

template <class Element, int Passes>
__global__ void __launch_bounds__(block_warps* warp) flash_attention_rows(zt_attention p) {
  constexpr int Tiles = forward_tiles<Element>, keys_a_tile = Tiles * tile_columns;
  const block_place block(p, p.tokens);
  const place& here = block.here;
  const int channels = static_cast<int>(p.head_dim);
  const auto q = rows_at<Element>(p.q, p.q_strides, here, p.tokens, p),
             k = rows_at<Element>(p.k, p.k_strides, here, p.keys, p),
             v = rows_at<Element>(p.v, p.v_strides, here, p.keys, p);
  const tile_pairs<Element> tiles(keys_a_tile, product_pitch<Element>(channels),
                                  weighted_pitch<Element>(channels));
  const scores_bias bias(p, here);
  running_softmax softmax;
  pass_sums sums[Passes] = {};
  over_tile_pairs(tiles, keys_a_tile, k, v, [&](int step) {
    float s[Tiles][4] = {}, factor[2];
    add_products(s, q, block.first_row, tiles.first(step, channels), 0);
#pragma unroll
    for (int tile = 0; tile < Tiles; ++tile)
#pragma unroll
      for (int i = 0; i < 4; ++i)
        s[tile][i] = s[tile][i] * static_cast<float>(p.scale) +
                     bias.at(block.first_row + row_of(i), step * keys_a_tile + column_of(tile, i));
    softmax.add(s, factor);
    shrink(sums, factor);
#pragma unroll
    for (int pass = 0; pass < Passes; ++pass)
      add_weighted(sums[pass], s, tiles.second(step, channels), 0, pass);
  });
  const auto y = results_at<Element>(p.y, p.y_strides, here, p.tokens, p);
#pragma unroll
  for (int pass = 0; pass < Passes; ++pass)
    store_pass(y, block.first_row, pass, sums[pass], softmax.share(0), softmax.share(1));
  if (p.lse == nullptr || pair() != 0) return;
#pragma unroll
  for (int half = 0; half < 2; ++half)
    if (block.first_row + row_of(2 * half) < p.tokens)
      static_cast<float*>(p.lse)[here.index * p.tokens + block.first_row + row_of(2 * half)] =
          softmax.lse(half);
}

}  // namespace

extern "C" int zt_hopper_attention_serves([[maybe_unused]] int dtype, [[maybe_unused]] int64_t head_dim) {
#ifdef ZOETROPE_HOPPER
  return hopper::serves(dtype, head_dim);
#else
  return 0;
#endif
}

extern "C" int zt_flash_attention_forward(const zt_attention* problem, void* stream) {
  const zt_attention& p = *problem;
  if (!flash_serves(p)) return cudaErrorInvalidValue;
#ifdef ZOETROPE_HOPPER
  if (const int status = hopper::flash_attention_forward(p, stream); status != cudaErrorNotSupported)
    return status;
#endif
  return with_passes(p, [&](auto element, auto passes) {
    using Element = typename decltype(element)::type;
    const int64_t bytes =
        tile_pairs<Element>::bytes(forward_tiles<Element> * tile_columns, product_pitch<Element>(p.head_dim),
                                   weighted_pitch<Element>(p.head_dim));
    return launch_rows(flash_attention_rows<Element, decltype(passes)::value>, p, p.tokens, bytes, stream);
  });
}

}  // namespace zoetrope
