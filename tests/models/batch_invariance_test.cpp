// A row of a product must not depend on the rows that pass with it, whatever the number of threads.
#include "models/batch_invariance.hpp"

#include <ATen/Parallel.h>
#include <gtest/gtest.h>

#include "core/tensor/random.hpp"

namespace zoetrope {
namespace {

class BatchInvariance : public testing::TestWithParam<int> {
 protected:
  void SetUp() override { at::set_num_threads(GetParam()); }
  void TearDown() override { at::set_num_threads(before_); }

 private:
  const int before_ = at::get_num_threads();
};

INSTANTIATE_TEST_SUITE_P(Threads, BatchInvariance, testing::Values(1, 2));

TEST_P(BatchInvariance, ALinearMapOfSomeRowsGivesTheBytesOfAll) {
  generator random(3);
  for (const int64_t in : {8, 12, 32, 96})
    for (const int64_t out : {1, 2, 16, 24, 128}) {
      const at::Tensor x = random.normal({64, in}), weight = random.normal({out, in}),
                       bias = random.normal({out}), all = linear_by_rows(x, weight, bias);
      for (int64_t rows = 1; rows < 64; ++rows)
        ASSERT_TRUE(at::equal(linear_by_rows(x.slice(0, 0, rows), weight, bias), all.slice(0, 0, rows)))
            << rows << " rows of " << in << " -> " << out;
    }
}

TEST_P(BatchInvariance, ALinearMapIsLibtorchs) {
  generator random(4);
  for (const int64_t rows : {1, 3, 4, 7, 10}) {
    const at::Tensor x = random.normal({rows, 2, 5}), weight = random.normal({6, 5});
    const at::Tensor got = linear_by_rows(x, weight, {});
    ASSERT_EQ(got.sizes(), (at::IntArrayRef{rows, 2, 6}));
    EXPECT_LE((got - at::linear(x, weight)).abs().max().item<float>(), 1e-5);
  }
}

TEST_P(BatchInvariance, AConvolutionOfSomePicturesGivesTheBytesOfAll) {
  generator random(5);
  for (const int64_t kernel : {1, 3})
    for (const int64_t channels : {4, 32, 192})
      for (const int64_t size : {1, 2, 5, 8}) {
        const at::Tensor x =
            random.normal({20, channels, size, size}).contiguous(at::MemoryFormat::ChannelsLast);
        const at::Tensor weight = random.normal({32, channels, kernel, kernel}), bias = random.normal({32});
        const auto convolved = [&](const at::Tensor& pictures) {
          return conv2d_by_rows(pictures, weight, bias, 1, kernel / 2);
        };
        const at::Tensor all = convolved(x);
        for (const int64_t pictures : {1, 2, 3, 8, 15})
          EXPECT_TRUE(at::equal(convolved(x.slice(0, 0, pictures)), all.slice(0, 0, pictures)))
              << pictures << " of " << channels << " x " << size << " x " << size << ", kernel " << kernel;
        EXPECT_LE((all - at::conv2d(x, weight, bias, 1, kernel / 2)).abs().max().item<float>(), 1e-3);
      }
}

}  // namespace
}  // namespace zoetrope
