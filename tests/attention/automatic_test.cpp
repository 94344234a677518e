// What `automatic` takes on a GPU, told by its bits: backends sum in different orders.
#include <gtest/gtest.h>

#include "attention/flash_attention.hpp"
#include "attention/layout.hpp"
#include "attention/short_attention.hpp"
#include "core/cuda/gpu.hpp"
#include "tests/attention/attention_kernel_fixture.hpp"

namespace zoetrope {
namespace {

class AutomaticAttention : public AttentionKernelTest {
 protected:
  /// b n (heads d) -> b heads n d, by strides
  at::Tensor rows(int64_t count, int64_t head_dim) {
    return random_.normal({2, count, 3, head_dim}).to(device_, dtype_).transpose(1, 2);
  }
  attention_input input_of(int64_t tokens, int64_t keys, int64_t head_dim = 64) {
    return {rows(tokens, head_dim), rows(keys, head_dim), rows(keys, head_dim)};
  }
  bool is_hopper() const {
    if (!device_.is_cuda()) return std::get<0>(GetParam()) == "emulated_hopper";
    const gpu& first = survey_gpus().gpus.at(0);
    return first.compute_major == 9 && first.compute_minor == 0;
  }
  static at::Tensor automatic(const attention_input& input, const std::string& layout = "spatial") {
    return make_attention_backend(config(), {.layout = layout})->forward(input);
  }
  static at::Tensor sdpa(const attention_input& input) { return attend_with("sdpa", input); }

  template <class Taken, class Other>
  void expect_takes(const attention_input& input, const Taken& taken, const Other& other,
                    const std::string& layout = "spatial") const {
    const at::Tensor got = automatic(input, layout);
    EXPECT_TRUE(at::equal(got, taken(input)));
    // bf16 may round every difference between two orders away.
    if (dtype_ == at::kHalf) {
      EXPECT_FALSE(at::equal(got, other(input)));
    }
  }

  generator random_{3};
};

TEST_P(AutomaticAttention, IsFlashOnHopperAndElsewhereSdpa) {
  for (const attention_input& input : {input_of(70, 150), input_of(70, 150, 128)})
    is_hopper() ? expect_takes(input, flash_attention, sdpa) : expect_takes(input, sdpa, flash_attention);
  const attention_input few = input_of(130, 77);
  is_hopper() ? expect_takes(few, few_keys_attention, sdpa) : expect_takes(few, sdpa, few_keys_attention);
}

TEST_P(AutomaticAttention, IsSdpaWhereHopperHasNoKernel) {
  expect_takes(input_of(70, 150, 40), sdpa, flash_attention);
  attention_input masked = input_of(70, 150);
  masked.mask = random_.normal({70, 150}).to(device_, dtype_);
  expect_takes(masked, sdpa, flash_attention);
}

/// On the emulator f32 lies on a CPU, where flash is taken; the kernels themselves are asked.
TEST_P(AutomaticAttention, HopperHasNoKernelForF32) {
  EXPECT_EQ(has_hopper_kernels(input_of(70, 150)), is_hopper());
  dtype_ = at::kFloat;
  EXPECT_FALSE(has_hopper_kernels(input_of(70, 150)));
}

TEST_P(AutomaticAttention, IsSdpaWhereAGradientIsRecorded) {
  attention_input input = input_of(70, 150);
  input.k.set_requires_grad(true);
  expect_takes(input, sdpa, flash_attention);
}

TEST_P(AutomaticAttention, IsShortAlongFrames) {
  expect_takes(input_of(8, 8, 64), short_attention, sdpa, "temporal");
}

// K and V are read once for all frames of a clip, and nothing is copied on the way there and back.
TEST_P(AutomaticAttention, ATextIsSeenByAClipAsOneRow) {
  const clip_size size{.batch = 2, .frames = 3, .height = 5, .width = 7};
  const at::Tensor q = random_.normal({6, 35, 3, 64}).to(device_, dtype_);
  const auto layout = make_attention_layout(config(json{{"type", "cross"}}), config(), "cross");
  const attention_input input = layout->arranged(q, rows(77, 64), rows(77, 64), size);
  EXPECT_EQ(input.q.sizes(), (std::vector<int64_t>{2, 3, 3 * 35, 64}));
  EXPECT_EQ(input.q.const_data_ptr(), q.const_data_ptr());
  if (is_hopper()) expect_takes(input, few_keys_attention, sdpa);
  const at::Tensor y = few_keys_attention(input), restored = layout->restored(y, size);
  EXPECT_EQ(restored.const_data_ptr(), y.const_data_ptr());
}

INSTANTIATE_TEST_SUITE_P(Devices, AutomaticAttention,
                         testing::Combine(testing::Values("cuda", "emulated", "emulated_hopper"),
                                          testing::Values("bf16", "f16")),
                         device_and_dtype);

}  // namespace
}  // namespace zoetrope
