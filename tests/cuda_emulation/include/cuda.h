// Stands in for CUDA's header of this name: of the driver, the maps by which the tensor copy engine finds its
// boxes.
#pragma once

#include <stdint.h>
#include <string.h>

using cuuint32_t = uint32_t;
using cuuint64_t = uint64_t;
enum CUresult { CUDA_SUCCESS = 0, CUDA_ERROR_INVALID_VALUE = 1 };
enum CUtensorMapDataType { CU_TENSOR_MAP_DATA_TYPE_FLOAT16 = 6, CU_TENSOR_MAP_DATA_TYPE_BFLOAT16 = 9 };
enum CUtensorMapInterleave { CU_TENSOR_MAP_INTERLEAVE_NONE };
enum CUtensorMapSwizzle { CU_TENSOR_MAP_SWIZZLE_128B = 3 };
enum CUtensorMapL2promotion { CU_TENSOR_MAP_L2_PROMOTION_L2_256B = 3 };
enum CUtensorMapFloatOOBfill { CU_TENSOR_MAP_FLOAT_OOB_FILL_NONE };

/// As we ask for them: five dimensions of 16 bits an element, boxes of 128 bytes x rows, swizzled.
struct CUtensorMap {
  const unsigned char* data;
  uint64_t sizes[5], strides[4];  // strides in bytes, of all but the first
  uint32_t rows;
};

inline CUresult cuTensorMapEncodeTiled(CUtensorMap* map, CUtensorMapDataType, cuuint32_t rank, void* data,
                                       const cuuint64_t* sizes, const cuuint64_t* strides,
                                       const cuuint32_t* box, const cuuint32_t* steps, CUtensorMapInterleave,
                                       CUtensorMapSwizzle, CUtensorMapL2promotion, CUtensorMapFloatOOBfill) {
  bool fits = rank == 5 && reinterpret_cast<uintptr_t>(data) % 16 == 0 && box[0] * 2 == 128;
  for (int i = 0; i < 5; ++i)
    fits =
        fits && sizes[i] > 0 && sizes[i] <= uint64_t{1} << 32 && box[i] > 0 && box[i] <= 256 && steps[i] == 1;
  for (int i = 0; i < 4; ++i) fits = fits && strides[i] % 16 == 0 && strides[i] < uint64_t{1} << 40;
  if (!fits) return CUDA_ERROR_INVALID_VALUE;
  map->data = static_cast<const unsigned char*>(data);
  memcpy(map->sizes, sizes, sizeof map->sizes);
  memcpy(map->strides, strides, sizeof map->strides);
  map->rows = box[1];
  return CUDA_SUCCESS;
}
