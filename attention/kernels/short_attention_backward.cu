// Attention of at most 64 tokens, backward. Two kernels: a warp takes 16 queries and gives dq, or 16 keys and
// gives dk and dv, with scores transposed. Both compute the weights again from q, k and the log-sum-exp;
// nothing is added up across warps, so equal inputs give equal bits.
#include "attention/kernels/score_gradients.cuh"
#include "attention/kernels/short_attention_launch.cuh"

namespace zoetrope {

namespace {

using namespace attention_tiles;

template <class Element>
struct inputs {
  __device__ inputs(const zt_attention& p, const place& here)
      : q(rows_at<Element>(p.q, p.q_strides, here, p.tokens, p, p.q_rotation)),
        k(rows_at<Element>(p.k, p.k_strides, here, p.keys, p, p.k_rotation)),
        v(rows_at<Element>(p.v, p.v_strides, here, p.keys, p)),
        dy(rows_at<Element>(p.dy, p.dy_strides, here, p.tokens, p)) {}
  rows_of<Element> q, k, v, dy;
};

template <class Element, int Tiles>
__device__ void store_weighted(const results_of<Element>& to, int first_row, const float (&weights)[Tiles][4],
                               const rows_of<Element>& values) {
  for (int pass = 0; pass * pass_channels < to.channels; ++pass) {
    pass_sums sum = {};
    add_weighted(sum, weights, values, 0, pass);
    store_pass(to, first_row, pass, sum, 1, 1);
  }
}

template <class Element, int Tiles>
__global__ void gradient_of_queries(zt_attention p) {
  const int row_tiles = tiles_of(p.tokens);
  const int64_t jobs = p.outer * p.inner * p.heads * row_tiles;
  for (int64_t job = first_job(); job < jobs; job += job_stride()) {
    const place here(p, job / row_tiles);
    const int first_row = static_cast<int>(job % row_tiles) * tile_rows;
    const inputs<Element> in(p, here);
    const query_numbers numbers(p, here);
    const float scale = static_cast<float>(p.scale);
    float weights[Tiles][4] = {}, gradients[Tiles][4] = {}, delta[2] = {};
    add_products(weights, in.q, first_row, in.k, 0);
    weights_of(weights, scores_bias(p, here), scale, numbers,
               [&](int row, int column) { return make_int2(first_row + row, column); });
    add_products(gradients, in.dy, first_row, in.v, 0);
#pragma unroll
    for (int tile = 0; tile < Tiles; ++tile)
#pragma unroll
      for (int i = 0; i < 4; ++i) delta[i / 2] += weights[tile][i] * gradients[tile][i];
    for (float& sum : delta) sum = sum_over_pairs(sum);
#pragma unroll
    for (int tile = 0; tile < Tiles; ++tile)
#pragma unroll
      for (int i = 0; i < 4; ++i)
        gradients[tile][i] = scale * weights[tile][i] * (gradients[tile][i] - delta[i / 2]);
    store_weighted(results_at<Element>(p.dq, p.dq_strides, here, p.tokens, p, p.q_rotation), first_row,
                   gradients, in.k);
    for (int half = 0; half < 2; ++half)
      if (pair() == 0 && first_row + row_of(2 * half) < p.tokens)
        numbers.delta[first_row + row_of(2 * half)] = delta[half];
  }
}

template <class Element, int Tiles>
__global__ void gradients_of_keys(zt_attention p) {
  const int row_tiles = tiles_of(p.keys);
  const int64_t jobs = p.outer * p.inner * p.heads * row_tiles;
  for (int64_t job = first_job(); job < jobs; job += job_stride()) {
    const place here(p, job / row_tiles);
    const int first_row = static_cast<int>(job % row_tiles) * tile_rows;
    const inputs<Element> in(p, here);
    const query_numbers numbers(p, here);
    const float scale = static_cast<float>(p.scale);
    float weights[Tiles][4] = {}, gradients[Tiles][4] = {};
    add_products(weights, in.k, first_row, in.q, 0);
    weights_of(weights, scores_bias(p, here), scale, numbers,
               [&](int row, int column) { return make_int2(column, first_row + row); });
    store_weighted(results_at<Element>(p.dv, p.dv_strides, here, p.keys, p), first_row, weights, in.dy);
    add_products(gradients, in.v, first_row, in.dy, 0);
#pragma unroll
    for (int tile = 0; tile < Tiles; ++tile)
#pragma unroll
      for (int i = 0; i < 4; ++i)
        gradients[tile][i] =
            scale * weights[tile][i] * (gradients[tile][i] - numbers.delta_at(column_of(tile, i)));
    store_weighted(results_at<Element>(p.dk, p.dk_strides, here, p.keys, p, p.k_rotation), first_row,
                   gradients, in.q);
  }
}

}  // namespace

extern "C" int zt_short_attention_backward(const zt_attention* problem, void* stream) {
  const zt_attention& p = *problem;
  if (!served(p) || p.relative_k != nullptr || p.relative_v != nullptr) return cudaErrorInvalidValue;
  const int64_t batch = p.outer * p.inner * p.heads;
  with_tiles(p, p.keys, [&](auto element, auto tiles) {
    launch_jobs(gradient_of_queries<typename decltype(element)::type, decltype(tiles)::value>, p,
                batch * tiles_of(p.tokens), stream);
    return 0;
  });
  with_tiles(p, p.tokens, [&](auto element, auto tiles) {
    launch_jobs(gradients_of_keys<typename decltype(element)::type, decltype(tiles)::value>, p,
                batch * tiles_of(p.keys), stream);
    return 0;
  });
  return cudaGetLastError();
}

}  // namespace zoetrope
