#include "training/gradient_clipping.hpp"

#include <ATen/ATen.h>
#include <ATen/Parallel.h>
#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "tests/core/temporary_folder.hpp"
#include "tests/training/optimizer_cases.hpp"

namespace zoetrope {
namespace {

trained_parameters with_gradients(std::vector<at::Tensor> gradients) {
  trained_parameters all;
  for (const at::Tensor& gradient : gradients) {
    all.push_back(parameter(std::to_string(all.size()), at::zeros_like(gradient)));
    set_gradient(all.back(), gradient);
  }
  return all;
}

TEST(GradientClipping, SquaresAreAddedUpByParameter) {
  trained_parameters all = with_gradients({at::tensor({3.0f, 0.0f}), at::full({1}, 4.0f)});
  all.push_back(parameter("without", at::ones({5})));
  EXPECT_EQ(squares_of_gradients(all), (std::vector<double>{9, 16, 0}));
  EXPECT_TRUE(squares_of_gradients({}).empty());
}

// The integers below 40000 divided by 256: Σ n² = n (n + 1) (2n + 1) / 6, all of it exact in f64.
TEST(GradientClipping, LongOnesAreAddedUpInF64) {
  const double n = 39'999, wanted = n * (n + 1) * (2 * n + 1) / 6 / 65536;
  const trained_parameters all = with_gradients({at::arange(40'000, at::kFloat) / 256});
  EXPECT_EQ(squares_of_gradients(all), std::vector<double>{wanted});
}

TEST(GradientClipping, ThreadsDoNotChangeABit) {
  const trained_parameters all = with_gradients({at::sin(at::arange(1'000'003, at::kFloat))});
  const int threads = at::get_num_threads();
  std::vector<std::vector<double>> sums;
  for (const int count : {1, 2, 3}) {
    at::set_num_threads(count);
    sums.push_back(squares_of_gradients(all));
  }
  at::set_num_threads(threads);
  EXPECT_EQ(sums[0], sums[1]);
  EXPECT_EQ(sums[0], sums[2]);
}

// PyTorch's rule by hand: 3, 4 has the norm 5; a threshold of 1 scales by 1 / (5 + 1e-6).
TEST(GradientClipping, ScalesDownToTheThresholdOnly) {
  const trained_parameters all = with_gradients({at::tensor({3.0f}), at::tensor({4.0f})});
  clip_gradients(all, 5, 5.1);
  EXPECT_EQ(all[1].tensor.grad().item<double>(), 4);
  clip_gradients(all, 5, 1);
  EXPECT_NEAR(all[0].tensor.grad().item<double>(), 0.59999988, 5e-8);
  EXPECT_NEAR(all[1].tensor.grad().item<double>(), 0.79999984, 5e-8);
}

TEST(GradientClipping, ANormThatIsNotFiniteIsAnError) {
  const trained_parameters all =
      with_gradients({at::tensor({3.0f, std::numeric_limits<float>::quiet_NaN()})});
  const double squares = squares_of_gradients(all).at(0);
  EXPECT_TRUE(std::isnan(squares));
  EXPECT_TRUE(mentions(failure_of([&] { clip_gradients(all, std::sqrt(squares), 1); }),
                       "numerical: the norm of the gradients is "));
}

}  // namespace
}  // namespace zoetrope
