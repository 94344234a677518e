// Tests of hand-written kernels: on every device there is and in the emulation of CUDA, in every dtype,
// against libtorch's operators in f64.
#pragma once

#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include <functional>
#include <string>
#include <tuple>
#include <vector>

#include "core/tensor/random.hpp"
#include "tests/cuda_emulation/device_test.hpp"

namespace zoetrope {

using tensors = std::vector<at::Tensor>;
using tensor_function = std::function<tensors(const tensors&)>;

class KernelTest : public DeviceTest {
 protected:
  /// Some units of the dtype's epsilon, for values of order 1.
  double tolerance() const {
    return dtype_ == at::kDouble ? 1e-13 : dtype_ == at::kFloat ? 2e-6 : dtype_ == at::kHalf ? 2e-3 : 1.6e-2;
  }

  at::Tensor draw(at::IntArrayRef sizes, uint64_t seed, double offset = 0) const {
    return (generator(seed).normal(sizes) + offset).to(device_, dtype_);
  }

  /// Holds the outputs of `run` and the gradients of its inputs (those defined) to those of `oracle`, which
  /// sees the same numbers in f64 on the CPU. The loss weighs the outputs at random.
  void expect_equal(const tensor_function& run, const tensor_function& oracle, const tensors& inputs,
                    const std::string& what, double units = 1) {
    tensors exact;
    for (const at::Tensor& input : inputs)
      exact.push_back(input.defined() ? input.to(at::kCPU, at::kDouble) : input);
    const tensors plain = run(inputs);
    const results got = differentiated(run, inputs), wanted = differentiated(oracle, exact);
    ASSERT_EQ(got.outputs.size(), wanted.outputs.size());
    for (std::size_t i = 0; i < got.outputs.size(); ++i) {
      EXPECT_EQ(got.outputs[i].scalar_type(), dtype_);
      expect_close(got.outputs[i], wanted.outputs[i], units, what + ", output " + std::to_string(i));
      EXPECT_TRUE(at::equal(plain[i], got.outputs[i]))
          << what << ": recording a gradient changes output " << i;
    }
    for (std::size_t i = 0; i < inputs.size(); ++i)
      if (inputs[i].defined())
        expect_close(got.gradients[i], wanted.gradients[i], 4 * units,
                     what + ", gradient " + std::to_string(i));
    if (emulation_) expect_no_race(run, inputs, got, what);
  }

  void expect_close(const at::Tensor& got, const at::Tensor& wanted, double units,
                    const std::string& what) const {
    ASSERT_EQ(got.sizes(), wanted.sizes()) << what;
    const double scale = std::max(1.0, wanted.abs().max().item<double>());
    EXPECT_LT((got.to(at::kCPU, at::kDouble) - wanted).abs().max().item<double>(),
              units * tolerance() * scale)
        << what;
  }

 private:
  struct results {
    tensors outputs, gradients;
  };
  void expect_no_race(const tensor_function& run, const tensors& inputs, const results& forward,
                      const std::string& what) {
    emulation_->set_reverse(true);
    const results reverse = differentiated(run, inputs);
    emulation_->set_reverse(false);
    for (std::size_t i = 0; i < forward.outputs.size(); ++i)
      EXPECT_TRUE(at::equal(forward.outputs[i], reverse.outputs[i])) << what << ": a race in output " << i;
    for (std::size_t i = 0; i < inputs.size(); ++i) {
      if (!inputs[i].defined()) continue;
      EXPECT_TRUE(at::equal(forward.gradients[i], reverse.gradients[i]))
          << what << ": a race in gradient " << i;
    }
  }

  static results differentiated(const tensor_function& run, const tensors& inputs) {
    tensors leaves;
    for (const at::Tensor& input : inputs)
      leaves.push_back(input.defined() ? input.detach().requires_grad_() : input);
    results result;
    at::Tensor loss;
    for (const at::Tensor& output : run(leaves)) {
      const at::Tensor weight = generator(99 + result.outputs.size()).normal(output.sizes());
      // Rounded alike for the kernel and for the oracle: to what every dtype holds.
      const at::Tensor term =
          (output * weight.to(at::kBFloat16).to(output.device(), output.scalar_type())).sum();
      loss = loss.defined() ? loss + term : term;
      result.outputs.push_back(output.detach());
    }
    loss.backward();
    for (const at::Tensor& leaf : leaves) result.gradients.push_back(leaf.defined() ? leaf.grad() : leaf);
    return result;
  }
};

inline auto kernel_devices() {
  return testing::Values(std::tuple("cpu", "f32"), std::tuple("cpu", "f64"), std::tuple("cpu", "bf16"),
                         std::tuple("cpu", "f16"), std::tuple("cuda", "f32"), std::tuple("cuda", "f16"),
                         std::tuple("cuda", "bf16"), std::tuple("emulated", "f32"),
                         std::tuple("emulated", "f16"), std::tuple("emulated", "bf16"));
}

}  // namespace zoetrope
