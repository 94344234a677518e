// The base of tests of hand-written kernels: on every device there is and in the emulation of CUDA, in every
// dtype.
#pragma once

#include <gtest/gtest.h>

#include <optional>
#include <string>
#include <tuple>

#include "core/cuda/kernel_library.hpp"
#include "core/tensor/device.hpp"
#include "cuda_emulation/emulated_cuda.hpp"
#include "tests/core/gpu_environment.hpp"

namespace zoetrope {

/// The parameter: device (cpu, cuda, emulated, emulated_hopper: of compute capability 9.0) and dtype.
class DeviceTest : public testing::TestWithParam<std::tuple<std::string, std::string>> {
 protected:
  void SetUp() override {
    const auto& [device, precision] = GetParam();
    if (device == "cuda" && !open_cuda().kernels) GTEST_SKIP() << "needs a GPU: " << open_cuda().problem;
    if (device == "emulated")
      emulation_.emplace();
    else if (device == "emulated_hopper")
      emulation_.emplace(9);
    else
      device_ = parse_device(device);
    dtype_ = precision == "f64" ? at::kDouble : parse_precision(precision);
  }

  std::optional<emulated_cuda> emulation_;
  at::Device device_ = at::kCPU;
  at::ScalarType dtype_ = at::kFloat;
};

inline std::string device_and_dtype(
    const testing::TestParamInfo<std::tuple<std::string, std::string>>& info) {
  return std::get<0>(info.param) + "_" + std::get<1>(info.param);
}

}  // namespace zoetrope
