// What libtorch throws, as our error: its kind, and one line.
#include "core/tensor/torch_error.hpp"

#include <ATen/ATen.h>
#include <gtest/gtest.h>

namespace zoetrope {
namespace {

template <class Body>
error thrown_as_ours(Body&& body) {
  try {
    body();
  } catch (const c10::Error& failure) {
    return as_error(failure);
  }
  ADD_FAILURE() << "nothing was thrown";
  return error(error_kind::usage, "");
}

TEST(TorchError, EveryAllocatorsExhaustionIsOurs) {
  // 4 EiB: more than any address space, so the CPU's refuses at once.
  EXPECT_EQ(thrown_as_ours([] { at::empty({int64_t{1} << 60}, at::kFloat); }).kind(),
            error_kind::out_of_memory);
  EXPECT_EQ(thrown_as_ours([] { TORCH_CHECK_WITH(OutOfMemoryError, false, "no more"); }).kind(),
            error_kind::out_of_memory);
  EXPECT_EQ(thrown_as_ours([] { TORCH_CHECK(false, "CUDA error: out of memory\nhints"); }).kind(),
            error_kind::out_of_memory);
}

TEST(TorchError, OthersAreOneLine) {
  const error failure =
      thrown_as_ours([] { TORCH_CHECK(false, "sizes differ\nout of memory is not the matter"); });
  EXPECT_EQ(failure.kind(), error_kind::runtime);
  EXPECT_STREQ(failure.what(), "sizes differ");
}

}  // namespace
}  // namespace zoetrope
