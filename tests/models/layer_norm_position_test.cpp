// LayerNorm + table + layout change against libtorch's operators in f64.
#include "models/layer_norm_position.hpp"

#include <ATen/Parallel.h>

#include "core/error.hpp"
#include "kernel_fixture.hpp"

namespace zoetrope {
namespace {

class LayerNormPosition : public KernelTest {
 protected:
  tensors random_problem(at::IntArrayRef x, at::IntArrayRef table) const {
    return {draw(x, 1), draw({x[3]}, 2, 1), draw({x[3]}, 3), draw(table, 4)};
  }
  static layer_norm_position_input input_of(const tensors& in, token_order order) {
    return {in[0], in[1], in[2], in[3], 1e-5, order};
  }
  /// With one channel the result is the bias, whatever x, and 1/sqrt(eps) = 316 multiplies what rounding
  /// leaves of dx.
  void expect_that_of_torch(const tensors& in, token_order order, const std::string& what) {
    expect_equal([&](const tensors& t) { return tensors{layer_norm_position(input_of(t, order))}; },
                 [&](const tensors& t) { return tensors{layer_norm_position_reference(input_of(t, order))}; },
                 in, what, in[0].size(3) == 1 ? 316 : 2);
  }
};

/// Widths of the published models, odd ones, one channel; more vectors than a warp's registers hold.
TEST_P(LayerNormPosition, IsNormThenTableInBothOrders) {
  for (const token_order order : {token_order::b_f_p, token_order::b_p_f})
    for (const int64_t channels : {1, 7, 40, 64, 320, 640, 1280, 1281, 2600, 3000})
      expect_that_of_torch(random_problem({2, 3, 5, channels}, {3, 5, channels}), order,
                           std::to_string(channels));
}

TEST_P(LayerNormPosition, ATableIsBroadcast) {
  for (const std::vector<int64_t>& table :
       std::vector<std::vector<int64_t>>{{4, 1, 24}, {1, 6, 24}, {24}, {4, 6, 1}, {1}})
    expect_that_of_torch(random_problem({3, 4, 6, 24}, table), token_order::b_p_f,
                         std::to_string(table.size()));
  tensors none = random_problem({3, 4, 6, 24}, {24});
  none[3] = at::Tensor();
  expect_that_of_torch(none, token_order::b_f_p, "no table");
}

TEST_P(LayerNormPosition, TakesAnyStrides) {
  const tensors in = random_problem({4, 6, 8, 16}, {1});
  const auto checked = [&](const at::Tensor& x, const char* what) {
    expect_that_of_torch({x, in[1], in[2], in[3]}, token_order::b_p_f, what);
  };
  checked(in[0].transpose(1, 2), "b p f c");
  checked(in[0].permute({2, 0, 1, 3}), "permuted");
  checked(in[0].slice(1, 0, 6, 2).slice(2, 1, 8, 3), "every second frame");
  checked(in[0].slice(0, 0, 1).expand({3, 6, 8, 16}), "expanded");
  checked(draw({4, 6, 16, 8}, 6).transpose(2, 3), "channels not contiguous");
  checked(at::cat({in[0], in[0]}, 3).slice(3, 5, 21), "some channels, not aligned");
}

TEST_P(LayerNormPosition, TheResultLiesInTheOrderAskedFor) {
  const tensors in = random_problem({2, 3, 4, 8}, {1});
  EXPECT_TRUE(layer_norm_position(input_of(in, token_order::b_f_p)).is_contiguous());
  EXPECT_TRUE(layer_norm_position(input_of(in, token_order::b_p_f)).transpose(1, 2).is_contiguous());
}

TEST_P(LayerNormPosition, ALargeMeanDoesNotDrownASmallVariance) {
  if (dtype_ == at::kHalf || dtype_ == at::kBFloat16) GTEST_SKIP() << "16-bit inputs cannot hold such values";
  const at::Tensor x = draw({1, 2, 3, 320}, 5, 1e4), one = at::ones({320}, x.options()),
                   zero = at::zeros({320}, x.options());
  const at::Tensor wanted = at::layer_norm(x.to(at::kCPU, at::kDouble), {320}),
                   got = layer_norm_position({x, one, zero});
  const double ours = (got.to(at::kCPU, at::kDouble) - wanted).abs().max().item<double>();
  const double torchs =
      (at::layer_norm(x, {320}).to(at::kCPU, at::kDouble) - wanted).abs().max().item<double>();
  EXPECT_LT(ours,
            std::max(1e-3, 2 * torchs));  // the mean is f32: half a unit in the last place of 1e4 is 4.9e-4
}

TEST_P(LayerNormPosition, ANanStaysInItsRow) {
  tensors in = random_problem({2, 3, 4, 40}, {1});
  in[0][1][2][3][5].fill_(std::nan(""));
  const at::Tensor nan = layer_norm_position(input_of(in, token_order::b_p_f)).isnan();
  EXPECT_TRUE(nan[1][2][3].all().item<bool>());
  EXPECT_EQ(nan.sum().item<int64_t>(), 40);
}

TEST_P(LayerNormPosition, ManyRowsPassTheLimitsOfAGrid) {
  const tensors in = random_problem({70000, 1, 1, 8}, {8});
  EXPECT_LT((layer_norm_position(input_of(in, token_order::b_p_f)).to(at::kCPU, at::kDouble) -
             layer_norm_position_reference(input_of(in, token_order::b_p_f)).to(at::kCPU, at::kDouble))
                .abs()
                .max()
                .item<double>(),
            16 * tolerance());
}

INSTANTIATE_TEST_SUITE_P(Devices, LayerNormPosition, kernel_devices(), device_and_dtype);

layer_norm_position_input small() {
  return {generator(6).normal({2, 3, 4, 5}), at::ones({5}), at::zeros({5}), {}};
}

TEST(LayerNormPositionOnCpu, NoResultDependsOnTheNumberOfThreads) {
  const auto run = [](int threads) {
    at::set_num_threads(threads);
    const at::Tensor x = generator(7).normal({4, 8, 50, 320}).requires_grad_();
    const at::Tensor weight = generator(8).normal({320}).requires_grad_(), bias = generator(9).normal({320});
    const at::Tensor y = layer_norm_position({x, weight, bias, {}, 1e-5, token_order::b_p_f});
    y.square().sum().backward();
    return tensors{y.detach(), x.grad(), weight.grad()};
  };
  const int threads = at::get_num_threads();
  const tensors one = run(1), three = run(3);
  at::set_num_threads(threads);
  for (std::size_t i = 0; i < one.size(); ++i) EXPECT_TRUE(at::equal(one[i], three[i])) << i;
}

TEST(LayerNormPositionOnCpu, EmptyAndMetaTensorsHaveShapes) {
  layer_norm_position_input in = small();
  in.x = at::empty({0, 3, 4, 5});
  EXPECT_EQ(layer_norm_position(in).sizes(), in.x.sizes());
  const auto meta = at::TensorOptions(at::kMeta).dtype(at::kFloat);
  EXPECT_EQ(layer_norm_position({at::empty({2, 3, 4, 5}, meta), at::empty({5}, meta), at::empty({5}, meta)})
                .sizes(),
            at::IntArrayRef({2, 3, 4, 5}));
}

TEST(LayerNormPositionOnCpu, ShapesThatDoNotFitAreRefused) {
  layer_norm_position_input in = small();
  in.x = in.x[0];
  EXPECT_THROW(layer_norm_position(in), error);
  in = small();
  in.weight = at::ones({4});
  EXPECT_THROW(layer_norm_position(in), error);
  in = small();
  in.bias = at::Tensor();
  EXPECT_THROW(layer_norm_position(in), error);
  in = small();
  in.table = at::ones({2, 4, 5});
  EXPECT_THROW(layer_norm_position(in), error);
}

}  // namespace
}  // namespace zoetrope
