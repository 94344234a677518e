// Flash attention forward by wgmma. See flash_attention.h for the equations, hopper_instructions.cuh for
// tiles in shared memory and what a lane holds.
//
//   block: two warpgroups, 64 queries each     keys ->  [K V] [K V] …   tiles in a ring of two stages
//   warpgroup: s 64 x keys of a tile, p and y 64 x Channels in registers
//
// overlaps: q in registers, a tile of as many keys as there are channels. Products run beside the softmax
// (Shah et al. 2024, FlashAttention 3, algorithm 2). Step g has K of tile g and V of tile g - 1:
//   issue s = q K[g]T; issue y += p V[g-1]; wait for s; softmax of s while p v runs; wait; shrink y; p = s
// else: q in shared memory leaves registers for 128 keys of 64 channels, half as many steps. A step is
// s = q K[g]T; softmax; y += p V[g], one behind the other, and another block's products run beside it.
#include "attention/kernels/hopper_maps.cuh"
#include "attention/kernels/hopper_tiles.cuh"
#include "core/cuda/launch.cuh"

namespace zoetrope::hopper {

namespace {

template <int Channels_, int Keys_, bool Overlaps_, int Blocks_>
struct shape {
  static constexpr int channels = Channels_, keys = Keys_, stages = 2, groups = 2;
  static constexpr bool overlaps = Overlaps_;
  static constexpr int threads = groups * warpgroup, queries = groups * warpgroup_rows;
  static constexpr int tile_bytes = keys * channels * 2, stage_bytes = 2 * tile_bytes;
  static constexpr int query_bytes = overlaps ? 0 : queries * channels * 2;
  static constexpr int queries_at = stages * stage_bytes, barriers_at = queries_at + query_bytes;
  static constexpr int shared_bytes = barriers_at + ring_barriers<stages>::bytes + alignment_bytes;
  static constexpr int blocks = Blocks_;  // that share a multiprocessor, by their registers
};

struct maps {
  CUtensorMap q, k, v;
};

// Rows row and row + 8 of q as A operands, one for every 16 channels.
template <class Element, int Channels>
__device__ void load_queries(uint32_t (&a)[Channels / 16][4], const Element* q, int64_t stride, int row,
                             int rows) {
  const int pair = threadIdx.x % 4;
#pragma unroll
  for (int half = 0; half < 2; ++half)
#pragma unroll
    for (int i = 0; i < Channels / 32; ++i) {
      uint4 x = {0, 0, 0, 0};
      if (row + 8 * half < rows)
        x = *reinterpret_cast<const uint4*>(q + (row + 8 * half) * stride + (4 * i + pair) * 8);
      uint32_t w[4] = {x.x, x.y, x.z, x.w};
      transpose_in_quad(w);
      a[2 * i][half] = w[0];
      a[2 * i][half + 2] = w[1];
      a[2 * i + 1][half] = w[2];
      a[2 * i + 1][half + 2] = w[3];
    }
}

// The ring of tiles; thread 0 keeps it filled, a step ahead. q comes with the first step.
template <class S>
struct key_tiles {
  const zt_attention& p;
  const maps& m;
  const head_at& here;
  int first_row;  // of the block
  uint32_t memory;
  ring_barriers<S::stages> barriers;
  int count;

  __device__ key_tiles(const zt_attention& p, const maps& m, const head_at& here, int first_row,
                       uint32_t memory)
      : p(p),
        m(m),
        here(here),
        first_row(first_row),
        memory(memory),
        barriers{memory + S::barriers_at},
        count((static_cast<int>(p.keys) + S::keys - 1) / S::keys) {
    if (threadIdx.x == 0) {
      barriers.init(S::groups * 4);
      barrier_init_done();
    }
    __syncthreads();
    fill(0);
  }
  __device__ uint32_t k_at(int step) const { return memory + step % S::stages * S::stage_bytes; }
  __device__ uint32_t v_at(int step) const { return k_at(step) + S::tile_bytes; }

  __device__ void begin(int step) const {
    fill(step + 1);
    __syncwarp();
    barriers.wait_full(step);
  }
  __device__ void end(int step) const { barriers.release(step); }

 private:
  __device__ void fill(int step) const {
    const int v_tile = step - S::overlaps;
    if (threadIdx.x != 0 || v_tile >= count) return;
    const bool has_k = step < count, has_v = v_tile >= 0, has_q = !S::overlaps && step == 0;
    barriers.wait_free(step);
    const uint32_t full = barriers.full(step);
    barrier_expect(full, (has_k + has_v) * S::tile_bytes + has_q * S::query_bytes);
    if (has_q)
      bring<S::channels, S::queries>(memory + S::queries_at, m.q, full, first_row, p.q_strides, here);
    if (has_k) bring<S::channels, S::keys>(k_at(step), m.k, full, step * S::keys, p.k_strides, here);
    if (has_v) bring<S::channels, S::keys>(v_at(step), m.v, full, v_tile * S::keys, p.v_strides, here);
  }
};

template <class Element, class S>
__global__ void __launch_bounds__(S::threads, S::blocks)
    flash_attention_rows(const __grid_constant__ zt_attention p, const __grid_constant__ maps m) {
  const int tokens = static_cast<int>(p.tokens), keys = static_cast<int>(p.keys);
  const unsigned blocks = (static_cast<unsigned>(tokens) + S::queries - 1) / S::queries;
  const head_at here(p, blockIdx.x / blocks);
  const int first_row = static_cast<int>(blockIdx.x % blocks * S::queries),
            row = first_row + static_cast<int>(threadIdx.x / 32 * 16 + threadIdx.x % 32 / 4);
  const key_tiles<S> tiles(p, m, here, first_row, aligned_to_swizzle(dynamic_shared<unsigned char>()));
  [[maybe_unused]] uint32_t q[S::channels / 16][4];
  if constexpr (S::overlaps)
    load_queries<Element, S::channels>(q, static_cast<const Element*>(p.q) + here.first(p.q_strides),
                                       p.q_strides.token, row, tokens);
  const float scale = static_cast<float>(p.scale * 1.4426950408889634);
  float s[S::keys / 2], y[S::channels / 2];
  uint32_t weights[S::keys / 16][4];
  running_softmax softmax;

  const auto products = [&](int step) {  // s = q K^T
    const uint32_t q_memory = tiles.memory + S::queries_at + threadIdx.x / warpgroup * (64 * row_bytes);
    const uint64_t k = descriptor(tiles.k_at(step), 16, 8 * row_bytes),
                   a = descriptor(q_memory, 16, 8 * row_bytes);
#pragma unroll
    for (int i = 0; i < S::channels / 16; ++i) {
      const uint64_t b = k + (i / 4 * S::keys * row_bytes + i % 4 * 32) / 16;
      if constexpr (S::overlaps)
        wgmma<Element, false>(s, q[i], b, i > 0);
      else
        wgmma<Element, false>(s, a + (i / 4 * S::queries * row_bytes + i % 4 * 32) / 16, b, i > 0);
    }
    wgmma_commit();
  };
  const auto scores_alone = [&](int step) {
    tiles.begin(step);
    pin(s);
    wgmma_fence();
    products(step);
    wgmma_wait<0>();
    pin(s);
  };
  const auto weigh = [&](int step) {  // s -> weights before they are rounded
    hide_beyond(s, keys - step * S::keys);
    softmax.add(s, scale);
  };
  const auto add_values = [&](int step, bool add) {  // y += p V
    pin(y);
    wgmma_fence();
    add_weighted<Element, S::keys, S::channels>(y, weights, tiles.v_at(step), add);
    wgmma_wait<0>();
    pin(y);
  };

  if constexpr (S::overlaps) {
    scores_alone(0);
    tiles.end(0);
    weigh(0);
    round_weights<Element>(weights, s);
    for (int step = 1; step < tiles.count; ++step) {
      tiles.begin(step);
      pin(s);
      pin(y);
      wgmma_fence();
      products(step);
      add_weighted<Element, S::keys, S::channels>(y, weights, tiles.v_at(step), step > 1);
      wgmma_wait<1>();
      pin(s);
      weigh(step);
      pin(s);
      wgmma_wait<0>();
      pin(y);
      tiles.end(step);
      softmax.shrink(y);
      round_weights<Element>(weights, s);
    }
    tiles.begin(tiles.count);
    add_values(tiles.count, tiles.count > 1);
  } else {
    for (int step = 0; step < tiles.count; ++step) {
      scores_alone(step);
      weigh(step);
      if (step > 0) softmax.shrink(y);
      round_weights<Element>(weights, s);
      add_values(step, step > 0);
      tiles.end(step);
    }
  }

  softmax.finish();
  store_rows<Element, S::channels>(y, static_cast<Element*>(p.y) + here.first(p.y_strides), p.y_strides.token,
                                   row, tokens, softmax.sum);
  if (p.lse == nullptr || threadIdx.x % 4 != 0) return;
#pragma unroll
  for (int half = 0; half < 2; ++half)
    if (row + 8 * half < tokens)
      static_cast<float*>(p.lse)[here.index * tokens + row + 8 * half] =
          softmax.largest[half] * static_cast<float>(p.scale) + logf(softmax.sum[half]);
}

template <class Element, class S>
int launch_with(const zt_attention& p, void* stream) {
  const int64_t blocks = p.outer * p.inner * p.heads * ((p.tokens + S::queries - 1) / S::queries);
  maps m;
  if (blocks > INT32_MAX || !encode<Element>(m.q, p.q, p.q_strides, p.tokens, p, S::queries) ||
      !encode<Element>(m.k, p.k, p.k_strides, p.keys, p, S::keys) ||
      !encode<Element>(m.v, p.v, p.v_strides, p.keys, p, S::keys))
    return cudaErrorNotSupported;
  launch(flash_attention_rows<Element, S>, dim3(static_cast<unsigned>(blocks)), dim3(S::threads),
         std::size_t{S::shared_bytes}, static_cast<cudaStream_t>(stream), p, m);
  return cudaGetLastError();
}

}  // namespace

bool serves(int dtype, int64_t head_dim) {
  return attribute(cudaDevAttrComputeCapabilityMajor) == 9 &&
         attribute(cudaDevAttrComputeCapabilityMinor) == 0 && (dtype == zt_f16 || dtype == zt_bf16) &&
         (head_dim == 64 || head_dim == 128);
}

int flash_attention_forward(const zt_attention& p, void* stream) {
  constexpr int many_keys = 512;  // larger tiles gain at 1008 and lose at 252 (docs/kernels.md)
  if (!serves(p)) return cudaErrorNotSupported;
  return with_element_and_channels(p, [&](auto element, auto channels) {
    using Element = decltype(element);
    if constexpr (decltype(channels)::value == 128)
      return launch_with<Element, shape<128, 128, true, 1>>(p, stream);
    return p.keys < many_keys ? launch_with<Element, shape<64, 64, true, 2>>(p, stream)
                              : launch_with<Element, shape<64, 128, false, 2>>(p, stream);
  });
}

}  // namespace zoetrope::hopper
