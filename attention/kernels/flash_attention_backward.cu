// Tiled attention, backward: the weights are computed again, tile by tile, from q, k and the log-sum-exp (Dao
// et al. 2022, algorithm 4). One kernel for 64 queries a block gives dq, and delta on the way; one for 64
// keys a block gives dk and dv, with scores transposed. Nothing is added up across blocks: equal inputs give
// equal bits.
#include "attention/kernels/flash_attention_launch.cuh"
#include "attention/kernels/score_gradients.cuh"

namespace zoetrope {

namespace {

using namespace attention_tiles;

// delta = dy · y of the lane's two rows
template <class Element>
__device__ void row_dots(const rows_of<Element>& dy, const rows_of<Element>& y, int first_row,
                         float (&sum)[2]) {
  for (int half = 0; half < 2; ++half) {
    const int row = first_row + group() + 8 * half;
    sum[half] = 0;
    for (int channel = 8 * pair(); channel < dy.channels; channel += 32)
      sum[half] += dot(dy.load(row, channel), y.load(row, channel));
    sum[half] = sum_over_pairs(sum[half]);
  }
}

// gradients: dp -> scale * p (dp - delta)
template <int Tiles, class Delta>
__device__ void scale_gradients(float (&gradients)[Tiles][4], const float (&weights)[Tiles][4], float scale,
                                const Delta& delta_at) {
#pragma unroll
  for (int tile = 0; tile < Tiles; ++tile)
#pragma unroll
    for (int i = 0; i < 4; ++i)
      gradients[tile][i] = scale * weights[tile][i] * (gradients[tile][i] - delta_at(i, column_of(tile, i)));
}

template <class Element, int Passes>
__global__ void __launch_bounds__(block_warps* warp) gradient_of_queries(zt_attention p) {
  constexpr int Tiles = backward_tiles, keys_a_tile = Tiles * tile_columns;
  const block_place block(p, p.tokens);
  const place& here = block.here;
  const int channels = static_cast<int>(p.head_dim);
  const auto q = rows_at<Element>(p.q, p.q_strides, here, p.tokens, p),
             dy = rows_at<Element>(p.dy, p.dy_strides, here, p.tokens, p),
             y = rows_at<Element>(p.y, p.y_strides, here, p.tokens, p),
             k = rows_at<Element>(p.k, p.k_strides, here, p.keys, p),
             v = rows_at<Element>(p.v, p.v_strides, here, p.keys, p);
  const query_numbers numbers(p, here);
  const scores_bias bias(p, here);
  const float scale = static_cast<float>(p.scale);
  float delta[2];
  row_dots(dy, y, block.first_row, delta);
  for (int half = 0; half < 2; ++half)
    if (pair() == 0 && block.first_row + row_of(2 * half) < p.tokens)
      numbers.delta[block.first_row + row_of(2 * half)] = delta[half];
  const tile_pairs<Element> tiles(keys_a_tile, weighted_pitch<Element>(channels),
                                  product_pitch<Element>(channels));
  pass_sums sums[Passes] = {};
  over_tile_pairs(tiles, keys_a_tile, k, v, [&](int step) {
    float weights[Tiles][4] = {}, gradients[Tiles][4] = {};
    add_products(weights, q, block.first_row, tiles.first(step, channels), 0);
    weights_of(weights, bias, scale, numbers, [&](int row, int column) {
      return make_int2(block.first_row + row, step * keys_a_tile + column);
    });
    add_products(gradients, dy, block.first_row, tiles.second(step, channels), 0);
    scale_gradients(gradients, weights, scale, [&](int i, int) { return delta[i / 2]; });
#pragma unroll
    for (int pass = 0; pass < Passes; ++pass)
      add_weighted(sums[pass], gradients, tiles.first(step, channels), 0, pass);
  });
  const auto dq = results_at<Element>(p.dq, p.dq_strides, here, p.tokens, p);
#pragma unroll
  for (int pass = 0; pass < Passes; ++pass) store_pass(dq, block.first_row, pass, sums[pass], 1, 1);
}

template <class Element, int Passes>
__global__ void __launch_bounds__(block_warps* warp) gradients_of_keys(zt_attention p) {
  constexpr int Tiles = backward_tiles, queries_a_tile = Tiles * tile_columns;
  const block_place block(p, p.keys);
  const place& here = block.here;
  const int channels = static_cast<int>(p.head_dim);
  const auto q = rows_at<Element>(p.q, p.q_strides, here, p.tokens, p),
             dy = rows_at<Element>(p.dy, p.dy_strides, here, p.tokens, p),
             k = rows_at<Element>(p.k, p.k_strides, here, p.keys, p),
             v = rows_at<Element>(p.v, p.v_strides, here, p.keys, p);
  const query_numbers numbers(p, here);
  const scores_bias bias(p, here);
  const float scale = static_cast<float>(p.scale);
  const tile_pairs<Element> tiles(queries_a_tile, weighted_pitch<Element>(channels),
                                  weighted_pitch<Element>(channels));
  pass_sums of_k[Passes] = {}, of_v[Passes] = {};
  over_tile_pairs(tiles, queries_a_tile, q, dy, [&](int step) {
    float weights[Tiles][4] = {}, gradients[Tiles][4] = {};
    add_products(weights, k, block.first_row, tiles.first(step, channels), 0);
    weights_of(weights, bias, scale, numbers, [&](int row, int column) {
      return make_int2(step * queries_a_tile + column, block.first_row + row);
    });
    add_products(gradients, v, block.first_row, tiles.second(step, channels), 0);
    scale_gradients(gradients, weights, scale,
                    [&](int, int column) { return numbers.delta_at(step * queries_a_tile + column); });
#pragma unroll
    for (int pass = 0; pass < Passes; ++pass) {
      add_weighted(of_v[pass], weights, tiles.second(step, channels), 0, pass);
      add_weighted(of_k[pass], gradients, tiles.first(step, channels), 0, pass);
    }
  });
  const auto dk = results_at<Element>(p.dk, p.dk_strides, here, p.keys, p),
             dv = results_at<Element>(p.dv, p.dv_strides, here, p.keys, p);
#pragma unroll
  for (int pass = 0; pass < Passes; ++pass) {
    store_pass(dk, block.first_row, pass, of_k[pass], 1, 1);
    store_pass(dv, block.first_row, pass, of_v[pass], 1, 1);
  }
}

}  // namespace

extern "C" int zt_flash_attention_backward(const zt_attention* problem, void* stream) {
  const zt_attention& p = *problem;
  if (!flash_serves(p)) return cudaErrorInvalidValue;
  return with_passes(p, [&](auto element, auto passes) -> int {
    using Element = typename decltype(element)::type;
    constexpr int Passes = decltype(passes)::value, rows = backward_tiles * tile_columns;
    const int weighted = weighted_pitch<Element>(p.head_dim), product = product_pitch<Element>(p.head_dim);
    const int first = launch_rows(gradient_of_queries<Element, Passes>, p, p.tokens,
                                  tile_pairs<Element>::bytes(rows, weighted, product), stream);
    if (first != cudaSuccess) return first;
    return launch_rows(gradients_of_keys<Element, Passes>, p, p.keys,
                       tile_pairs<Element>::bytes(rows, weighted, weighted), stream);
  });
}

}  // namespace zoetrope
