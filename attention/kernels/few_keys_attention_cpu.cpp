// See few_keys_attention.h. 64 queries at a time are a problem of the short twin, which holds as many keys as
// there are: one softmax over all of them, with nothing to correct afterwards as in flash.
#include "attention/kernels/few_keys_attention.h"

#include <algorithm>

#include "attention/kernels/short_attention.h"
#include "core/tensor/parallel.hpp"

namespace zoetrope {

namespace {

constexpr int64_t queries_a_tile = 64;

const void* moved(const void* data, int64_t elements, int dtype) {
  const int64_t bytes = dtype == zt_f64 ? sizeof(double) : sizeof(float);
  return data == nullptr ? nullptr : static_cast<const char*>(data) + elements * bytes;
}
void* moved(void* data, int64_t elements, int dtype) {
  return const_cast<void*>(moved(static_cast<const void*>(data), elements, dtype));
}

/// The tile's queries of one (outer, inner), all heads.
zt_attention tile_of(zt_attention p, int64_t outer, int64_t inner, int64_t first) {
  const auto offset = [&](const zt_attention_strides& s, int64_t token) {
    return outer * s.outer + inner * s.inner + token * s.token;
  };
  p.q = moved(p.q, offset(p.q_strides, first), p.dtype);
  p.k = moved(p.k, offset(p.k_strides, 0), p.dtype);
  p.v = moved(p.v, offset(p.v_strides, 0), p.dtype);
  p.y = moved(p.y, offset(p.y_strides, first), p.dtype);
  p.bias = moved(p.bias, offset(p.bias_strides, first), p.dtype);
  p.tokens = std::min(queries_a_tile, p.tokens - first);
  p.outer = p.inner = 1;
  return p;
}

}  // namespace

void few_keys_attention_forward_cpu(const zt_attention& p) {
  const int64_t tiles = (p.tokens + queries_a_tile - 1) / queries_a_tile;
  at::parallel_for(0, p.outer * p.inner * tiles, 1, [&](int64_t begin, int64_t end) {
    for (int64_t index = begin; index < end; ++index) {
      const int64_t batch = index / tiles;
      short_attention_forward_cpu(
          tile_of(p, batch / p.inner, batch % p.inner, index % tiles * queries_a_tile));
    }
  });
}

}  // namespace zoetrope
