// Test programs that use a GPU include this: libtorch decides once, at the first question, whether there is
// CUDA, so its CUDA part must be opened before any test.
#pragma once

#include <gtest/gtest.h>

#include "core/cuda/kernel_library.hpp"

namespace zoetrope {

class gpu_environment : public testing::Environment {
 public:
  void SetUp() override { open_cuda(); }
};
inline testing::Environment* const opened_gpu = testing::AddGlobalTestEnvironment(new gpu_environment);

}  // namespace zoetrope
