// Short attention as a GPU's memory likes it: all that a warp reads is asked for before anything is computed,
// so that enough bytes are on their way. For that the numbers of key tiles and of 32-channel chunks are
// template arguments, and q, k and v stand in registers:
//
//   warp: one (pixel, head)      k [Tiles x 8 keys]  v [Tiles x 8 keys]       read once
//                                q rows 0-15, then 16-31                      the next on its way
//   Tiles 1: at most 8 tokens and keys    2: at most 16    3: more, and the only one with more than 16 rows
//
// 16-bit elements, at most 32 tokens and 24 keys, no rotation and no relative tables: with those the general
// kernel of short_attention.cu goes about its work step by step.
#pragma once

#include "attention/kernels/short_attention_launch.cuh"

namespace zoetrope::attention_tiles {

// Rows that are read as they lie; beyond the last row or channel the last one again, for a load without a
// condition is one that the compiler leaves where it is. What comes of it is hidden, has the weight zero, or
// is not stored; of q, which meets k there, it is set to zero.
template <class Element>
struct plain_rows {
  const Element* data;
  int64_t stride;
  int count, channels;
  __device__ eight<Element> load(int row, int channel) const {
    const int last = count - 1, last_eight = channels - 8;
    const uint4 piece =
        read_only(data + (row < last ? row : last) * stride + (channel < last_eight ? channel : last_eight));
    eight<Element> x;
    memcpy(x.word, &piece, sizeof(piece));
    return x;
  }
  __device__ eight<Element> load_or_zeros(int row, int channel) const {
    eight<Element> x = load(row, channel);
#pragma unroll
    for (uint32_t& word : x.word) word = channel < channels ? word : 0;
    return x;
  }
};

// One (outer, inner, head) of fewer than 2^31: division of 32 bits takes a fifth of the time.
struct small_place {
  __device__ small_place(const zt_attention& p, unsigned index) : index(index) {
    const unsigned pixel = index / static_cast<unsigned>(p.heads);
    head = index - pixel * static_cast<unsigned>(p.heads);
    outer = pixel / static_cast<unsigned>(p.inner);
    inner = pixel - outer * static_cast<unsigned>(p.inner);
  }
  __device__ int64_t at(const zt_attention_strides& s) const {
    return outer * s.outer + inner * s.inner + head * s.head;
  }
  template <class Element>
  __device__ plain_rows<Element> rows(const void* data, const zt_attention_strides& strides, int64_t count,
                                      const zt_attention& p) const {
    return {static_cast<const Element*>(data) + at(strides), strides.token, static_cast<int>(count),
            static_cast<int>(p.head_dim)};
  }
  unsigned outer, inner, head, index;
};

// 16 rows of q, as the lane holds them; of which the lower eight may be none.
template <class Element, int Chunks, bool Lower>
struct held_queries {
  __device__ void load(const plain_rows<Element>& q, int first_row) {
#pragma unroll
    for (int chunk = 0; chunk < Chunks; ++chunk) {
      const int channel = 32 * chunk + 8 * pair();
      upper[chunk] = q.load_or_zeros(first_row + group(), channel);
      if (Lower) lower[chunk] = q.load_or_zeros(first_row + group() + 8, channel);
    }
  }
  __device__ uint32_t lower_word(int chunk, int w) const {
    return Lower ? lower[Lower ? chunk : 0].word[w] : 0;
  }
  eight<Element> upper[Chunks], lower[Lower ? Chunks : 1];
};

// All keys.
template <class Element, int Tiles, int Chunks>
struct held_keys {
  __device__ void load(const plain_rows<Element>& k) {
#pragma unroll
    for (int chunk = 0; chunk < Chunks; ++chunk)
#pragma unroll
      for (int tile = 0; tile < Tiles; ++tile)
        column[tile][chunk] = k.load(tile * tile_columns + group(), 32 * chunk + 8 * pair());
  }
  // s += q kᵀ
  template <bool Lower>
  __device__ void add_products(float (&s)[Tiles][4], const held_queries<Element, Chunks, Lower>& q) const {
#pragma unroll
    for (int chunk = 0; chunk < Chunks; ++chunk)
#pragma unroll
      for (int w = 0; w < 4; w += 2) {
        const uint32_t a[4] = {q.upper[chunk].word[w], q.lower_word(chunk, w), q.upper[chunk].word[w + 1],
                               q.lower_word(chunk, w + 1)};
#pragma unroll
        for (int tile = 0; tile < Tiles; ++tile)
          multiply_add(s[tile], a, {column[tile][chunk].word[w], column[tile][chunk].word[w + 1]}, Element());
      }
  }
  eight<Element> column[Tiles][Chunks];
};

// All values, for all rounds of 64 channels.
template <class Element, int Tiles, int Passes>
struct held_values {
  __device__ void load(const plain_rows<Element>& v) {
#pragma unroll
    for (int pass = 0; pass < Passes; ++pass)
#pragma unroll
      for (int tile = 0; tile < Tiles; tile += 2)
        at[pass][tile / 2].load(v, tile * tile_columns, tile + 1 < Tiles, pass);
  }
  // Some bits of each, which nobody can have before all are there.
  __device__ uint32_t mixed() const {
    uint32_t bits = 0;
#pragma unroll
    for (int pass = 0; pass < Passes; ++pass)
#pragma unroll
      for (int tile = 0; tile < Tiles; ++tile)
        bits |= at[pass][tile / 2].at[tile % 2 * 2].word[0] | at[pass][tile / 2].at[tile % 2 * 2 + 1].word[0];
    return bits;
  }
  __device__ void add_weighted(pass_sums& sum, const float (&p)[Tiles][4], int pass) const {
#pragma unroll
    for (int tile = 0; tile < Tiles; tile += 2) add_weighted_pair(sum, p, tile, at[pass][tile / 2]);
  }
  four_values<Element> at[Passes][(Tiles + 1) / 2];
};

// Blocks a multiprocessor shall hold: as many as leave registers for what is held.
template <int Tiles, int Chunks>
constexpr int held_blocks = Tiles* Chunks <= 6    ? 4
                            : Tiles* Chunks <= 10 ? 3
                                                  : 2;

template <class Element, int Tiles, int Chunks, bool Biased>
__global__ void __launch_bounds__(job_warps* warp, held_blocks<Tiles, Chunks>)
    short_attention_held(zt_attention p) {
  constexpr int passes = (Chunks + 1) / 2;
  const unsigned job = blockIdx.x * job_warps + threadIdx.x / warp;
  if (job >= static_cast<unsigned>(p.outer * p.inner * p.heads)) return;
  const small_place here(p, job);
  const auto q = here.rows<Element>(p.q, p.q_strides, p.tokens, p);
  constexpr bool lower = Tiles > 1, many_rows = Tiles > 2;
  held_queries<Element, Chunks, lower> now, next;
  held_keys<Element, Tiles, Chunks> keys;
  held_values<Element, Tiles, passes> values;
  values.load(here.rows<Element>(p.v, p.v_strides, p.keys, p));
  now.load(q, 0);
  keys.load(here.rows<Element>(p.k, p.k_strides, p.keys, p));
  // Adds nothing, but only we know that the sign of a size is 0: else the compiler asks for v when the first
  // products are done.
  now.upper[0].word[0] |= values.mixed() & static_cast<uint32_t>(p.heads >> 63);
  const results_of<Element> y{static_cast<Element*>(p.y) + here.at(p.y_strides), p.y_strides.token, q.count,
                              q.channels};
  const float scale = static_cast<float>(p.scale);
  const float* const bias = Biased ? static_cast<const float*>(p.bias) + here.at(p.bias_strides) : nullptr;
  const int last_key = static_cast<int>(p.keys);
  int first_row = 0;
  do {
    if (many_rows && first_row + tile_rows < q.count) next.load(q, first_row + tile_rows);
    float s[Tiles][4] = {};
    keys.add_products(s, now);
#pragma unroll
    for (int tile = 0; tile < Tiles; ++tile)
#pragma unroll
      for (int i = 0; i < 4; ++i) {
        const int row = first_row + row_of(i), key = column_of(tile, i);
        const bool there = key < last_key && (!Biased || row < q.count);
        s[tile][i] *= scale;
        if (Biased && there) s[tile][i] += bias[row * p.bias_strides.token + key * p.bias_key_stride];
        if (!there) s[tile][i] = -infinity();
      }
    const row_sums sums = softmax(s);
#pragma unroll
    for (int pass = 0; pass < passes; ++pass) {
      pass_sums sum = {};
      values.add_weighted(sum, s, pass);
      store_pass(y, first_row, pass, sum, 1, 1);
    }
    store_lse(p, here.index, first_row, sums);
    now = next;
    first_row += tile_rows;
  } while (many_rows && first_row < q.count);
}

template <class Element, int Tiles, int Chunks>
void launch_held_kernel(const zt_attention& p, void* stream) {
  launch_jobs(p.bias == nullptr ? short_attention_held<Element, Tiles, Chunks, false>
                                : short_attention_held<Element, Tiles, Chunks, true>,
              p, p.outer * p.inner * p.heads, stream);
}
template <class Element, int Tiles>
void launch_held_tiles(const zt_attention& p, void* stream) {
  if (p.head_dim <= 64)
    launch_held_kernel<Element, Tiles, 2>(p, stream);
  else if (p.head_dim <= 96)
    launch_held_kernel<Element, Tiles, 3>(p, stream);
  else
    launch_held_kernel<Element, Tiles, 5>(p, stream);
}
template <class Element>
void launch_held_of(const zt_attention& p, void* stream) {
  const int64_t longest = p.tokens < p.keys ? p.keys : p.tokens;
  if (longest <= 8)
    launch_held_tiles<Element, 1>(p, stream);
  else if (longest <= 16)
    launch_held_tiles<Element, 2>(p, stream);
  else
    launch_held_tiles<Element, 3>(p, stream);
}

// Whether these kernels serve the problem; launches them then.
inline bool launch_held(const zt_attention& p, void* stream) {
  if (p.dtype == zt_f32 || p.tokens > 32 || p.keys > 24 || p.head_dim > 160 ||
      p.outer * p.inner * p.heads >= INT32_MAX || p.relative_k != nullptr || p.relative_v != nullptr ||
      p.q_rotation.cosine != nullptr || p.k_rotation.cosine != nullptr)
    return false;
  if (p.dtype == zt_f16)
    launch_held_of<__half>(p, stream);
  else
    launch_held_of<__nv_bfloat16>(p, stream);
  return true;
}

}  // namespace zoetrope::attention_tiles
