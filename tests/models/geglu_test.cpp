// Our GEGLU kernels against libtorch's exact gelu in f64.
#include "models/geglu.hpp"

#include "core/error.hpp"
#include "kernel_fixture.hpp"

namespace zoetrope {
namespace {

class Geglu : public KernelTest {};

tensors packed(const tensors& in) { return {geglu(in[0])}; }
tensors packed_oracle(const tensors& in) {
  const auto halves = in[0].chunk(2, -1);
  return {geglu_reference(halves[0], halves[1])};
}
tensors separate(const tensors& in) { return {geglu(in[0], in[1])}; }
tensors separate_oracle(const tensors& in) { return {geglu_reference(in[0], in[1])}; }

TEST_P(Geglu, OfOneTensorIsThatOfItsHalves) {
  for (const std::vector<int64_t>& shape : std::vector<std::vector<int64_t>>{
           {1, 2}, {3, 10}, {5, 7, 64}, {2, 3, 4, 2560}, {700, 16}, {1, 40000}, {33, 34}})
    expect_equal(packed, packed_oracle, {draw(shape, 1)}, "width " + std::to_string(shape.back()), 2);
}

// gelu rounds the gate's memory, so that the two-tensor form may not be handed its inputs twice: hence the
// clones.
TEST_P(Geglu, OfTwoTensorsIsTheSame) {
  for (const std::vector<int64_t>& shape :
       std::vector<std::vector<int64_t>>{{1}, {3, 5}, {2, 3, 320}, {9, 1001}, {70000, 1}})
    expect_equal(
        [](const tensors& in) {
          return separate({in[0], in[1].requires_grad() ? in[1] : in[1].clone()});
        },
        separate_oracle, {draw(shape, 2), draw(shape, 3)}, "width " + std::to_string(shape.back()), 2);
}

TEST_P(Geglu, TakesAnyStrides) {
  const at::Tensor x = draw({6, 10, 48}, 4);
  for (const at::Tensor& strided :
       {x.transpose(0, 1), x.slice(1, 0, 10, 3), x.slice(2, 3, 23), x[0].expand({4, 10, 48})})
    expect_equal(packed, packed_oracle, {strided}, "strided", 2);
}

TEST_P(Geglu, LargeGatesSaturate) {
  const at::Tensor u = at::ones({8}, device_).to(dtype_);
  const at::Tensor g =
      at::tensor({-1e4, -100.0, -20.0, -0.0, 0.0, 20.0, 100.0, 1e4}, at::kDouble).to(device_, dtype_);
  const at::Tensor wanted = at::relu(g.to(at::kCPU, at::kDouble)), got = geglu(u, g.clone());
  EXPECT_TRUE(at::equal(got.to(at::kCPU, at::kDouble), wanted)) << got;
  at::Tensor leaf = g.clone().requires_grad_();
  geglu(u, leaf).sum().backward();
  const at::Tensor slopes = at::tensor({0.0, 0.0, 0.0, 0.5, 0.5, 1.0, 1.0, 1.0}, at::kDouble);
  EXPECT_TRUE(at::allclose(leaf.grad().to(at::kCPU, at::kDouble), slopes, 0, 1e-6)) << leaf.grad();
}

TEST_P(Geglu, ANanStaysWhereItIs) {
  at::Tensor u = draw({40}, 5), g = draw({40}, 6);
  u[3].fill_(std::nan(""));
  g[7].fill_(std::nan(""));
  const at::Tensor nan = geglu(u, g).isnan();
  EXPECT_TRUE(nan[3].item<bool>());
  EXPECT_TRUE(nan[7].item<bool>());
  EXPECT_EQ(nan.sum().item<int64_t>(), 2);
}

INSTANTIATE_TEST_SUITE_P(Devices, Geglu, kernel_devices(), device_and_dtype);

TEST(GegluOnCpu, WritesIntoTheGateWhereNoGradientIsRecorded) {
  const at::Tensor u = generator(7).normal({4, 5}), g = generator(8).normal({4, 5});
  EXPECT_EQ(geglu(u, g).data_ptr(), g.data_ptr());
  at::Tensor leaf = generator(8).normal({4, 5}).requires_grad_();
  EXPECT_NE(geglu(u, leaf).data_ptr(), leaf.data_ptr());
}

TEST(GegluOnCpu, EmptyAndMetaTensorsHaveShapes) {
  EXPECT_EQ(geglu(at::empty({0, 6})).sizes(), at::IntArrayRef({0, 3}));
  const at::Tensor meta = geglu(at::empty({5, 6}, at::TensorOptions(at::kMeta).dtype(at::kHalf)));
  EXPECT_EQ(meta.sizes(), at::IntArrayRef({5, 3}));
  EXPECT_EQ(meta.scalar_type(), at::kHalf);
}

TEST(GegluOnCpu, ShapesThatDoNotFitAreRefused) {
  EXPECT_THROW(geglu(at::ones({4, 5})), error);
  EXPECT_THROW(geglu(at::ones({4}), at::ones({5})), error);
  EXPECT_THROW(geglu(at::ones({4}), at::ones({4}, at::kDouble)), error);
}

}  // namespace
}  // namespace zoetrope
