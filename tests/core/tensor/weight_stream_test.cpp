// Layers that borrow compute what layers that own compute, and hold nothing in between.
#include "core/tensor/weight_stream.hpp"

#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include "core/error.hpp"
#include "core/tensor/weights.hpp"
#include "tests/core/temporary_folder.hpp"

namespace zoetrope {
namespace {

struct borrowing_layer : module {
  borrowing_layer() { add_parameter("weight", weight, {48, 48}, initializer::normal(0.1)); }
  bool borrows() const override { return true; }
  at::Tensor forward(const at::Tensor& x) const {
    const borrowed_weights held(*this);
    const borrowed_weights again(*this);  // as a layer does that calls itself twice
    return x.matmul(weight);
  }
  at::Tensor weight;
};
struct chain : module {
  explicit chain(int layers) {
    for (int i = 0; i < layers; ++i) list.emplace();
    add_child("layers", list);
    add_parameter("scale", scale, {48}, initializer::ones());
  }
  at::Tensor forward(at::Tensor x) const {
    for (const auto& layer : list) x = layer->forward(x);
    return x * scale;
  }
  module_list<borrowing_layer> list;
  at::Tensor scale;
};

class WeightStream : public testing::Test {
 protected:
  std::filesystem::path saved(at::ScalarType dtype) {
    chain fresh(layers);
    generator random(3);
    fresh.initialize(random, dtype);
    save_tensors(folder_ / "w.safetensors", state_of(fresh));
    return folder_ / "w.safetensors";
  }
  static constexpr int layers = 12;
  static constexpr int64_t layer_bytes = 48 * 48 * 4;
  temporary_folder folder_;
};

int held(const chain& part) {
  int count = 0;
  for (const auto& layer : part.list) count += layer->weight.defined();
  return count;
}

TEST_F(WeightStream, GivesTheResultOfANetworkThatHoldsItsWeights) {
  const at::Tensor x = at::randn({5, 48});
  for (const at::ScalarType stored : {at::kFloat, at::kHalf, at::kBFloat16})
    for (const int64_t ahead : {int64_t{0}, layer_bytes, 3 * layer_bytes, int64_t{1} << 30}) {
      const auto file = safetensors_file::open(saved(stored));
      chain owning(layers), borrowing(layers);
      load_weights(owning, {file});
      const weight_source source(borrowing, {{file}}, {});
      const weight_stream stream(borrowing, source, {0, ahead});
      for (int pass = 0; pass < 4; ++pass)
        EXPECT_TRUE(at::equal(borrowing.forward(x), owning.forward(x)))
            << stored << ", " << ahead << " bytes ahead";
      EXPECT_EQ(held(borrowing), 0);
      EXPECT_TRUE(borrowing.scale.defined()) << "what does not borrow stays";
    }
}

TEST_F(WeightStream, HoldsOneLayerAtATime) {
  const auto file = safetensors_file::open(saved(at::kHalf));
  chain part(layers);
  const weight_source source(part, {{file}}, {});
  const weight_stream stream(part, source, {0, 0});
  const borrowed_weights first(part.list[0]);
  {
    const borrowed_weights second(part.list[1]);
    EXPECT_EQ(held(part), 2);
  }
  EXPECT_EQ(held(part), 1);
  EXPECT_FALSE(part.list[1].weight.defined());
}

TEST_F(WeightStream, SmallLayersStay) {
  const auto file = safetensors_file::open(saved(at::kHalf));
  chain part(layers);
  const weight_source source(part, {{file}}, {});
  for (const auto& [smallest, stay] : {std::pair(layer_bytes + 1, layers), std::pair(layer_bytes, 0)}) {
    const weight_stream stream(part, source, {smallest, 0});
    EXPECT_EQ(held(part), stay);
  }
}

TEST_F(WeightStream, AnotherOrderThanTheLastOneIsNoMatter) {
  const auto file = safetensors_file::open(saved(at::kHalf));
  chain owning(layers), part(layers);
  load_weights(owning, {file});
  const weight_source source(part, {{file}}, {});
  const weight_stream stream(part, source, {0, 2 * layer_bytes});
  const at::Tensor x = at::randn({2, 48});
  part.forward(x);
  for (const std::size_t i : {7, 3, 3, 11, 0, 8, 7, 2})
    EXPECT_TRUE(at::equal(part.list[i].forward(x), owning.list[i].forward(x)));
  EXPECT_TRUE(at::equal(part.forward(x), owning.forward(x)));
}

TEST_F(WeightStream, LeavesLayersThatCanBeFilledAgain) {
  const auto file = safetensors_file::open(saved(at::kHalf));
  chain owning(layers), part(layers);
  load_weights(owning, {file});
  const weight_source source(part, {{file}}, {});
  const at::Tensor x = at::randn({2, 48});
  for (int round = 0; round < 2; ++round) {
    const weight_stream stream(part, source, {0, layer_bytes});
    part.forward(x);
  }
  EXPECT_EQ(held(part), 0);
  source.fill();
  EXPECT_TRUE(at::equal(part.forward(x), owning.forward(x)));
}

TEST_F(WeightStream, AFailureWhileFetchingReachesTheLayer) {
  const auto file = safetensors_file::open(saved(at::kHalf));
  for (const int64_t ahead : {int64_t{0}, 2 * layer_bytes}) {
    chain part(layers);
    int calls = 0;
    load_options options;
    options.changes = [](const std::string& slot) { return slot == "layers.5.weight"; };
    options.change = [&](const std::string&, const at::Tensor& stored) {
      ZT_CHECK(++calls != 2, runtime, "the second time it breaks");
      return stored + 1;
    };
    const weight_source source(part, {{file}}, options);
    const weight_stream stream(part, source, {0, ahead});
    const at::Tensor x = at::randn({2, 48});
    part.forward(x);
    EXPECT_THROW(part.forward(x), error);
    EXPECT_NO_THROW(part.forward(x)) << "and then it goes on";
  }
}

}  // namespace
}  // namespace zoetrope
