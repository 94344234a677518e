// Attention to at most 128 keys. See few_keys_attention.h; attention_tiles.cuh has what a lane holds.
//
//   shared memory: all keys, all values of one (outer, inner, head)        filled once a block
//   warp: 16 queries x all keys -> one softmax in registers -> y            then 64 rows further, and again
//
// With 80 keys and 64 channels that is 23 KB in 16 bits, so that eight blocks share a multiprocessor; as many
// blocks serve one head as there is room for.
#include "attention/kernels/few_keys_attention.h"

#include "attention/kernels/flash_attention_launch.cuh"
#include "attention/kernels/hopper_attention.h"

namespace zoetrope {

namespace {

using namespace attention_tiles;

constexpr int64_t wanted_blocks = 1056;  // eight for each of an H100's 132 multiprocessors

inline int64_t blocks_a_head(const zt_attention& p) {
  const int64_t heads = p.outer * p.inner * p.heads, most = block_place::blocks_of(p.tokens);
  const int64_t wanted = divided_up(wanted_blocks, heads);
  return wanted < most ? wanted : most;
}

template <class Element, int Tiles>
__global__ void __launch_bounds__(block_warps* warp) few_keys_rows(zt_attention p, int64_t blocks) {
  constexpr int keys = Tiles * tile_columns;
  const place here(p, blockIdx.x / blocks);
  const int channels = static_cast<int>(p.head_dim);
  const int k_pitch = product_pitch<Element>(channels), v_pitch = weighted_pitch<Element>(channels);
  Element* const k_memory = dynamic_shared<Element>();
  Element* const v_memory = k_memory + keys * k_pitch;
  copy_rows(k_memory, k_pitch, rows_at<Element>(p.k, p.k_strides, here, p.keys, p), 0, keys);
  copy_rows(v_memory, v_pitch, rows_at<Element>(p.v, p.v_strides, here, p.keys, p), 0, keys);
  __pipeline_commit();
  __pipeline_wait_prior(0);
  __syncthreads();
  const rows_of<Element> q = rows_at<Element>(p.q, p.q_strides, here, p.tokens, p),
                         k{k_memory, k_pitch, keys, channels}, v{v_memory, v_pitch, keys, channels};
  const auto y = results_at<Element>(p.y, p.y_strides, here, p.tokens, p);
  const scores_bias bias(p, here);
  const int first =
      static_cast<int>(blockIdx.x % blocks) * block_rows + static_cast<int>(threadIdx.x) / warp * tile_rows;
  for (int row = first; row < p.tokens; row += static_cast<int>(blocks) * block_rows) {
    float s[Tiles][4] = {};
    add_products(s, q, row, k, 0);
#pragma unroll
    for (int tile = 0; tile < Tiles; ++tile)
#pragma unroll
      for (int i = 0; i < 4; ++i)
        s[tile][i] = s[tile][i] * static_cast<float>(p.scale) + bias.at(row + row_of(i), column_of(tile, i));
    softmax(s);
    for (int pass = 0; pass * pass_channels < channels; ++pass) {
      pass_sums sum = {};
      add_weighted(sum, s, v, 0, pass);
      store_pass(y, row, pass, sum, 1, 1);
    }
  }
}

template <class Element, int Tiles>
int launch_with(const zt_attention& p, void* stream) {
  const int64_t bytes = Tiles * tile_columns * static_cast<int64_t>(sizeof(Element)) *
                        (product_pitch<Element>(p.head_dim) + weighted_pitch<Element>(p.head_dim));
  const int64_t blocks = blocks_a_head(p), all = blocks * p.outer * p.inner * p.heads;
  if (bytes > most_shared_bytes || all > INT32_MAX) return cudaErrorInvalidConfiguration;
  launch(few_keys_rows<Element, Tiles>, dim3(static_cast<unsigned>(all)), dim3(block_warps * warp),
         static_cast<std::size_t>(bytes), static_cast<cudaStream_t>(stream), p, blocks);
  return cudaGetLastError();
}

}  // namespace

extern "C" int zt_few_keys_attention_forward(const zt_attention* problem, void* stream) {
  const zt_attention& p = *problem;
  if (!flash_serves(p) || p.keys > zt_few_keys_most) return cudaErrorInvalidValue;
#ifdef ZOETROPE_HOPPER
  if (const int status = hopper::few_keys_attention_forward(p, stream); status != cudaErrorNotSupported)
    return status;
#endif
  return with_element(p.dtype, [&](auto element) -> int {
    using Element = typename decltype(element)::type;
    return p.keys <= 80 ? launch_with<Element, 10>(p, stream) : launch_with<Element, 16>(p, stream);
  });
}

}  // namespace zoetrope
