// Shares of stored tensors, other orders of storage, weights that are changed while they are loaded. (Whole
// files, names, mismatches: weights_test.cpp.)
#include "core/tensor/weight_source.hpp"

#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include "core/error.hpp"
#include "core/tensor/weights.hpp"
#include "tests/core/temporary_folder.hpp"

namespace zoetrope {
namespace {

struct three_matrices : module {
  three_matrices() {
    add_parameter("q", q, {4, 6}, initializer::zeros());
    add_parameter("k", k, {4, 6}, initializer::zeros());
    add_parameter("v", v, {4, 6}, initializer::zeros());
  }
  at::Tensor q, k, v;
};

class WeightSource : public testing::Test {
 protected:
  safetensors_file saved(const tensor_map& tensors) {
    const auto path = folder_ / concat("w", count_++, ".safetensors");
    save_tensors(path, tensors);
    return safetensors_file::open(path);
  }
  temporary_folder folder_;
  three_matrices part_;

 private:
  int count_ = 0;
};

TEST_F(WeightSource, OneStoredTensorFillsSharesOfItsRows) {
  const at::Tensor fused = at::randn({12, 6});
  const key_map split = [](const std::string&) {
    return std::vector<weight_target>{{"q", 0, 3}, {"k", 1, 3}, {"v", 2, 3}};
  };
  for (const auto dtype : {at::kFloat, at::kHalf}) {
    weight_source(part_, {{saved({{"in_proj", fused.to(dtype)}}), split}}, {}).fill();
    EXPECT_TRUE(at::equal(part_.q, fused.slice(0, 0, 4).to(dtype).to(at::kFloat)));
    EXPECT_TRUE(at::equal(part_.k, fused.slice(0, 4, 8).to(dtype).to(at::kFloat)));
    EXPECT_TRUE(at::equal(part_.v, fused.slice(0, 8, 12).to(dtype).to(at::kFloat)));
  }
}

TEST_F(WeightSource, TransposedMatricesAndOneByOneKernelsAreMatrices) {
  const at::Tensor q = at::randn({4, 6}), k = at::randn({4, 6}), v = at::randn({4, 6});
  const key_map targets = [](const std::string& key) {
    return std::vector<weight_target>{{.slot = key, .transposed = key == "q"}};
  };
  const auto file = saved({{"q", q.t().contiguous()}, {"k", k.view({4, 6, 1, 1})}, {"v", v}});
  weight_source(part_, {{file, targets}}, {}).fill();
  EXPECT_TRUE(at::equal(part_.q, q));
  EXPECT_TRUE(at::equal(part_.k, k));
}

TEST_F(WeightSource, AShareOfAnotherHeightIsAMismatch) {
  const key_map split = [](const std::string&) {
    return std::vector<weight_target>{{"q", 0, 3}, {"k", 1, 3}, {"v", 2, 3}};
  };
  try {
    weight_source(part_, {{saved({{"in_proj", at::zeros({13, 6})}}), split}}, {});
    FAIL() << "thirteen rows are no three times four";
  } catch (const error& failure) {
    EXPECT_EQ(failure.kind(), error_kind::bad_input);
    EXPECT_NE(std::string(failure.what()).find("q (got [13, 6], wanted [4, 6])"), std::string::npos)
        << failure.what();
  }
}

TEST_F(WeightSource, FilesOfSeveralOriginsFillOneModule) {
  const auto keep = [](std::string only) {
    return renaming([only](const std::string& key) { return key == only ? key : ""; });
  };
  const auto first = saved({{"q", at::full({4, 6}, 1.0)}, {"k", at::full({4, 6}, 1.0)}});
  const auto second = saved({{"k", at::full({4, 6}, 2.0)}, {"v", at::full({4, 6}, 2.0)}});
  const auto third = saved({{"v", at::full({4, 6}, 3.0)}});
  weight_source(part_, {{first, keep("q")}, {second, keep("k")}, {third, keep("v")}}, {}).fill();
  EXPECT_EQ(part_.q[0][0].item<float>(), 1);
  EXPECT_EQ(part_.k[0][0].item<float>(), 2);
  EXPECT_EQ(part_.v[0][0].item<float>(), 3);
}

TEST_F(WeightSource, AChangeIsMadeInF32BeforeTheCastHoweverOftenAWeightIsLoaded) {
  load_options options{.dtype = at::kBFloat16};
  options.changes = [](const std::string& slot) { return slot == "k"; };
  options.change = [](const std::string& slot, const at::Tensor& stored) {
    EXPECT_EQ(slot, "k");
    EXPECT_EQ(stored.scalar_type(), at::kFloat);
    return stored + 0.001;
  };
  const at::Tensor k = at::full({4, 6}, 0.5, at::kHalf);
  const weight_source source(part_, {{saved({{"q", k}, {"k", k}, {"v", k}})}}, options);
  for (int round = 0; round < 2; ++round) {
    source.fill();
    EXPECT_TRUE(at::equal(part_.k, (k.to(at::kFloat) + 0.001).to(at::kBFloat16)));
    EXPECT_TRUE(at::equal(part_.q, k.to(at::kBFloat16)));
    EXPECT_TRUE(at::equal(source.make(&part_.k), part_.k));
    part_.release();
  }
}

}  // namespace
}  // namespace zoetrope
