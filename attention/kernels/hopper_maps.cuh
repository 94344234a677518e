// What the host does for the kernels of hopper_attention.h: says whether they serve, and describes q, k and v
// to the tensor copy engine (CUDA driver API, cuTensorMapEncodeTiled).
#pragma once

#include <cuda.h>
#include <cuda_bf16.h>
#include <cuda_fp16.h>
#include <cuda_runtime_api.h>

#include <type_traits>

#include "attention/kernels/hopper_attention.h"
#include "attention/kernels/hopper_instructions.cuh"

namespace zoetrope::hopper {

/// Of the current device; 0 on failure.
inline int attribute(cudaDeviceAttr which) {
  int device = 0, value = 0;
  const bool known =
      cudaGetDevice(&device) == cudaSuccess && cudaDeviceGetAttribute(&value, which, device) == cudaSuccess;
  return known ? value : 0;
}

/// Read and written 16 bytes at a time.
inline bool in_whole_pieces(const void* data, const zt_attention_strides& s) {
  const auto fits = [](int64_t stride) { return stride >= 0 && stride % 8 == 0; };
  return reinterpret_cast<uintptr_t>(data) % 16 == 0 && fits(s.outer) && fits(s.inner) && fits(s.head) &&
         fits(s.token) && s.token > 0;
}

inline bool serves(const zt_attention& p) {
  return serves(p.dtype, p.head_dim) && p.bias == nullptr && p.scale > 0 &&
         in_whole_pieces(p.q, p.q_strides) && in_whole_pieces(p.k, p.k_strides) &&
         in_whole_pieces(p.v, p.v_strides) && in_whole_pieces(p.y, p.y_strides);
}

/// Dimensions: channels, tokens, heads, inner, outer (one entry where broadcast); boxes of 64 channels x
/// `rows`.
template <class Element>
bool encode(CUtensorMap& map, const void* data, const zt_attention_strides& s, int64_t tokens,
            const zt_attention& p, int rows) {
  // by its name at run time, so that nothing links to the driver
  static const auto encode_tiled = [] {
    void* found = nullptr;
    cudaDriverEntryPointQueryResult result;
    const cudaError_t status =
        cudaGetDriverEntryPointByVersion("cuTensorMapEncodeTiled", &found, 12000, cudaEnableDefault, &result);
    return status == cudaSuccess ? reinterpret_cast<decltype(&cuTensorMapEncodeTiled)>(found) : nullptr;
  }();
  if (encode_tiled == nullptr) return false;
  const auto size = [](int64_t stride, int64_t count) { return cuuint64_t(stride == 0 ? 1 : count); };
  const auto bytes = [](int64_t stride) { return cuuint64_t(stride == 0 ? 16 : 2 * stride); };
  const cuuint64_t sizes[5] = {cuuint64_t(p.head_dim), cuuint64_t(tokens), size(s.head, p.heads),
                               size(s.inner, p.inner), size(s.outer, p.outer)};
  const cuuint64_t strides[4] = {bytes(s.token), bytes(s.head), bytes(s.inner), bytes(s.outer)};
  const cuuint32_t box[5] = {panel_channels, cuuint32_t(rows), 1, 1, 1}, steps[5] = {1, 1, 1, 1, 1};
  return encode_tiled(&map,
                      std::is_same_v<Element, __half> ? CU_TENSOR_MAP_DATA_TYPE_FLOAT16
                                                      : CU_TENSOR_MAP_DATA_TYPE_BFLOAT16,
                      5, const_cast<void*>(data), sizes, strides, box, steps, CU_TENSOR_MAP_INTERLEAVE_NONE,
                      CU_TENSOR_MAP_SWIZZLE_128B, CU_TENSOR_MAP_L2_PROMOTION_L2_256B,
                      CU_TENSOR_MAP_FLOAT_OOB_FILL_NONE) == CUDA_SUCCESS;
}

template <int Count>
struct channel_count {
  static constexpr int value = Count;
};

/// task(element type, number of channels)
template <class Task>
int with_element_and_channels(const zt_attention& p, const Task& task) {
  const auto with_channels = [&](auto element) {
    return p.head_dim == 64 ? task(element, channel_count<64>()) : task(element, channel_count<128>());
  };
  return p.dtype == zt_f16 ? with_channels(__half()) : with_channels(__nv_bfloat16());
}

}  // namespace zoetrope::hopper
