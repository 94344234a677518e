// Tests of attention kernels: on every device there is and in the emulation of CUDA, in every dtype.
#pragma once

#include <gtest/gtest.h>

#include <string>

#include "tests/attention/attention_cases.hpp"
#include "tests/cuda_emulation/device_test.hpp"

namespace zoetrope {

class AttentionKernelTest : public DeviceTest {
 protected:
  /// Rounding of results of order 1, in 16-bit types also of the weights.
  double tolerance() const { return dtype_ == at::kFloat ? 1e-5 : dtype_ == at::kHalf ? 4e-3 : 3e-2; }

  /// The same with mask, scores and angles where q, k and v are.
  attention_input here(attention_input input) const {
    for (at::Tensor* x : {&input.mask, &input.q_rotation.cosine, &input.q_rotation.sine,
                          &input.k_rotation.cosine, &input.k_rotation.sine})
      if (x->defined()) *x = x->to(device_);
    return input;
  }

  template <class Attend>
  void expect_agrees(const attention_input& input, const Attend& attend, const std::string& what) const {
    const at::Tensor got = attend(here(input)), wanted = attend_with("dense", in_f64(input));
    EXPECT_EQ(got.scalar_type(), dtype_);
    EXPECT_EQ(got.sizes(), wanted.sizes());
    expect_near(got, wanted, 1, what);
  }

  template <class Attend>
  void expect_gradients_agree(const attention_input& input, const at::Tensor& dy, const Attend& attend,
                              const std::string& what) const {
    const auto dense = [](const attention_input& x) { return attend_with("dense", x); };
    const attention_gradients got = differentiated(here(input), dy, attend),
                              wanted = differentiated(in_f64(input), dy, dense);
    EXPECT_EQ(got.dq.scalar_type(), dtype_);
    expect_near(got.dq, wanted.dq, 2, "dq, " + what);
    expect_near(got.dk, wanted.dk, 2, "dk, " + what);
    expect_near(got.dv, wanted.dv, 2, "dv, " + what);
  }

  void expect_near(const at::Tensor& got, const at::Tensor& wanted, double units,
                   const std::string& what) const {
    EXPECT_LT(largest_difference(got, wanted),
              units * tolerance() * std::max(1.0, wanted.abs().max().item<double>()))
        << what;
  }
};

inline auto attention_kernel_devices() {
  return testing::Combine(testing::Values("cpu", "cuda", "emulated"), testing::Values("f32", "bf16", "f16"));
}
/// What the kernels for sm_90a serve; all else there is as on any other device.
inline auto emulated_hopper() {
  return testing::Combine(testing::Values("emulated_hopper"), testing::Values("bf16", "f16"));
}

}  // namespace zoetrope
