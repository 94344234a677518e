#include "models/tiled_coding.hpp"

#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include "core/tensor/random.hpp"

namespace zoetrope {
namespace {

at::Tensor same(const at::Tensor& tile) { return tile; }

TEST(TiledCoding, PointwiseCodesAreNotChangedByTiling) {
  const at::Tensor image = generator(1).normal({2, 3, 21, 13});
  const at::Tensor result = code_in_tiles(image, {.size = 8, .stride = 6, .blend = 2, .keep = 6}, same);
  EXPECT_LT((result - image).abs().max().item<double>(), 1e-6);
}

TEST(TiledCoding, TilesStartEveryStrideAndEndWithTheImage) {
  std::vector<std::vector<int64_t>> sizes;
  code_in_tiles(at::zeros({1, 1, 9, 13}), {.size = 8, .stride = 6, .blend = 2, .keep = 6},
                [&](const at::Tensor& tile) {
                  sizes.push_back({tile.size(2), tile.size(3)});
                  return tile;
                });
  EXPECT_EQ(sizes, (std::vector<std::vector<int64_t>>{{8, 8}, {8, 7}, {8, 1}, {3, 8}, {3, 7}, {3, 1}}));
}

// Four tiles of 4 x 4 pixels, each of one value: 0, 1 / 2, 3. Blending over two pixels weighs a tile by 0 and
// 1/2. By hand: tile 1 fades in from 0 as 0, 1/2; tile 2 from above as 0, 1; tile 3 from tile 1 as blended,
// which gives the rows (0, 1/2) and (3/2, 7/4), then from tile 2 as blended, which gives (0, 1/4) and (1,
// 11/8).
TEST(TiledCoding, FadesInFromAboveThenFromTheLeft) {
  double value = 0;
  const at::Tensor result = code_in_tiles(
      at::zeros({1, 1, 4, 4}), {.size = 4, .stride = 2, .blend = 2, .keep = 2}, [&](const at::Tensor&) {
        return at::full({1, 1, 4, 4}, value++);
      });
  const at::Tensor want = at::tensor({0.0, 0.0, 0.0, 0.5,   //
                                      0.0, 0.0, 0.0, 0.5,   //
                                      0.0, 0.0, 0.0, 0.25,  //
                                      1.0, 1.0, 1.0, 1.375})
                              .reshape({1, 1, 4, 4});
  EXPECT_TRUE(result.to(at::kDouble).equal(want.to(at::kDouble))) << result;
}

TEST(TiledCoding, GradientReachesEveryPixel) {
  const at::Tensor image = generator(2).normal({1, 1, 11, 9}).set_requires_grad(true);
  code_in_tiles(image, {.size = 6, .stride = 4, .blend = 2, .keep = 4}, same).sum().backward();
  EXPECT_LT((image.grad() - 1).abs().max().item<double>(), 1e-6);
}

}  // namespace
}  // namespace zoetrope
