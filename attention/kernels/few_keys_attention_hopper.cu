// Attention to at most 128 keys by wgmma. See few_keys_attention.h, and hopper_instructions.cuh for tiles in
// shared memory and what a lane holds.
//
//   shared memory: [K] [V] of one (outer, inner, head), once a block
//                  [q] [q]: a ring of tiles of 64 queries
//   warpgroup:     s = q KT -> one softmax in registers -> y = p V, stored 16 bytes at a time; then the
//                  next tile
//
// With 80 keys and 64 channels that is 37 KB, and registers let four blocks share a multiprocessor. More
// stages make it slower (docs/kernels.md).
#include "attention/kernels/hopper_maps.cuh"
#include "attention/kernels/hopper_tiles.cuh"
#include "core/cuda/launch.cuh"

namespace zoetrope::hopper {

namespace {

template <int Channels_, int Keys_>
struct shape {
  static constexpr int channels = Channels_, keys = Keys_, stages = 2, queries = warpgroup_rows;
  static constexpr int key_bytes = keys * channels * 2, query_bytes = queries * channels * 2;
  static constexpr int barriers_at = 2 * key_bytes + stages * query_bytes;
  static constexpr int shared_bytes = barriers_at + ring_barriers<stages>::bytes + 8 + alignment_bytes;
  static constexpr int blocks = channels == 128 ? 2 : keys == 80 ? 4 : 3;  // that share a multiprocessor
};

struct maps {
  CUtensorMap q, k, v;
};

template <class Element, class S>
__global__ void __launch_bounds__(warpgroup, S::blocks)
    few_keys_rows(const __grid_constant__ zt_attention p, const __grid_constant__ maps m, int blocks) {
  const int tokens = static_cast<int>(p.tokens), tiles = (tokens + S::queries - 1) / S::queries;
  const head_at here(p, blockIdx.x / static_cast<unsigned>(blocks));
  const int first = static_cast<int>(blockIdx.x % static_cast<unsigned>(blocks));
  const uint32_t k_memory = aligned_to_swizzle(dynamic_shared<unsigned char>()),
                 v_memory = k_memory + S::key_bytes;
  const ring_barriers<S::stages> ring{k_memory + S::barriers_at};
  const uint32_t keys_came = ring.memory + ring.bytes;
  const auto q_at = [&](int step) { return v_memory + S::key_bytes + step % S::stages * S::query_bytes; };
  const auto fill = [&](int step) {
    const int tile = first + step * blocks;
    if (threadIdx.x != 0 || tile >= tiles) return;
    ring.wait_free(step);
    barrier_expect(ring.full(step), S::query_bytes);
    bring<S::channels, S::queries>(q_at(step), m.q, ring.full(step), tile * S::queries, p.q_strides, here);
  };
  if (threadIdx.x == 0) {
    ring.init(warpgroup / 32);
    barrier_init(keys_came, 1);
    barrier_init_done();
    barrier_expect(keys_came, 2 * S::key_bytes);
    bring<S::channels, S::keys>(k_memory, m.k, keys_came, 0, p.k_strides, here);
    bring<S::channels, S::keys>(v_memory, m.v, keys_came, 0, p.v_strides, here);
  }
  for (int step = 0; step < S::stages - 1; ++step) fill(step);
  __syncthreads();
  barrier_wait(keys_came, 0);

  const float scale = static_cast<float>(p.scale * 1.4426950408889634);
  Element* const to = static_cast<Element*>(p.y) + here.first(p.y_strides);
  for (int tile = first, step = 0; tile < tiles; tile += blocks, ++step) {
    float s[S::keys / 2], y[S::channels / 2];
    uint32_t weights[S::keys / 16][4];
    fill(step + S::stages - 1);
    __syncwarp();
    ring.wait_full(step);
    const uint64_t q = descriptor(q_at(step), 16, 8 * row_bytes), k = descriptor(k_memory, 16, 8 * row_bytes);
    pin(s);
    wgmma_fence();
#pragma unroll
    for (int i = 0; i < S::channels / 16; ++i)
      wgmma<Element, false>(s, q + (i / 4 * S::queries * row_bytes + i % 4 * 32) / 16,
                            k + (i / 4 * S::keys * row_bytes + i % 4 * 32) / 16, i > 0);
    wgmma_commit();
    wgmma_wait<0>();
    pin(s);
    ring.release(step);
    running_softmax softmax;
    hide_beyond(s, static_cast<int>(p.keys));
    softmax.add(s, scale);
    softmax.finish();
    round_weights<Element>(weights, s);
    pin(y);
    wgmma_fence();
    add_weighted<Element, S::keys, S::channels>(y, weights, v_memory, false);
    wgmma_wait<0>();
    pin(y);
    const int row = static_cast<int>(tile * S::queries + threadIdx.x / 32 * 16 + threadIdx.x % 32 / 4);
    store_rows<Element, S::channels>(y, to, p.y_strides.token, row, tokens, softmax.sum);
  }
}

template <class Element, class S>
int launch_with(const zt_attention& p, void* stream) {
  const int64_t heads = p.outer * p.inner * p.heads, tiles = (p.tokens + S::queries - 1) / S::queries;
  const int64_t at_once = int64_t{S::blocks} * attribute(cudaDevAttrMultiProcessorCount);
  const int64_t wanted = at_once > heads ? at_once / heads : 1, blocks = wanted < tiles ? wanted : tiles;
  maps m;
  if (blocks * heads > INT32_MAX || !encode<Element>(m.q, p.q, p.q_strides, p.tokens, p, S::queries) ||
      !encode<Element>(m.k, p.k, p.k_strides, p.keys, p, S::keys) ||
      !encode<Element>(m.v, p.v, p.v_strides, p.keys, p, S::keys))
    return cudaErrorNotSupported;
  launch(few_keys_rows<Element, S>, dim3(static_cast<unsigned>(blocks * heads)), dim3(warpgroup),
         std::size_t{S::shared_bytes}, static_cast<cudaStream_t>(stream), p, m, static_cast<int>(blocks));
  return cudaGetLastError();
}

}  // namespace

int few_keys_attention_forward(const zt_attention& p, void* stream) {
  if (!serves(p)) return cudaErrorNotSupported;
  return with_element_and_channels(p, [&](auto element, auto channels) {
    using Element = decltype(element);
    constexpr int count = decltype(channels)::value;
    return p.keys <= 80 ? launch_with<Element, shape<count, 80>>(p, stream)
                        : launch_with<Element, shape<count, 128>>(p, stream);
  });
}

}  // namespace zoetrope::hopper
