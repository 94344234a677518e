#include "core/tensor/module.hpp"

#include <ATen/ATen.h>
#include <gtest/gtest.h>

namespace zoetrope {
namespace {

struct leaf : module {
  explicit leaf(int64_t width) {
    add_parameter("weight", weight, {width, 3}, initializer::uniform(0.5));
    add_buffer("table", table, {2}, initializer::from([] { return at::arange(2, at::kFloat); }));
  }
  at::Tensor operator()(const at::Tensor& x) const { return tapped(x.matmul(weight.t())); }
  at::Tensor weight, table;
};
struct tree : module {
  tree() {
    list.emplace(4);
    list.emplace(5);
    add_child("layers", list);
    add_parameter("kernel", kernel, {2, 2, 3, 3}, initializer::normal(0.1));
  }
  module_list<leaf> list;
  at::Tensor kernel;
};

TEST(Module, SlotsBearTheDottedNamesOfTheTree) {
  const tree root;
  std::vector<std::string> names;
  for (const auto& slot : root.slots()) names.push_back(slot.name);
  EXPECT_EQ(names, (std::vector<std::string>{"kernel", "layers.0.weight", "layers.0.table", "layers.1.weight",
                                             "layers.1.table"}));
  EXPECT_EQ(root.list[1].path(), "layers.1");
  EXPECT_EQ(root.find_child("layers.1"), &root.list[1]);
  EXPECT_EQ(root.find_child("layers.2"), nullptr);
  EXPECT_EQ(root.find_child("layer"), nullptr);
  EXPECT_EQ(root.parameter_count(), 36 + 12 + 15) << "buffers are not parameters";
}

TEST(Module, IsBuiltWithoutMemoryAndDrawnFromTheSeed) {
  tree root, again;
  EXPECT_FALSE(root.kernel.defined());
  generator first(7), second(7);
  root.initialize(first);
  again.initialize(second);
  EXPECT_TRUE(at::equal(root.kernel, again.kernel));
  EXPECT_TRUE(root.kernel.is_contiguous(at::MemoryFormat::ChannelsLast));
  EXPECT_LE(root.list[0].weight.abs().max().item<float>(), 0.5f);
  EXPECT_TRUE(at::equal(root.list[1].table, at::arange(2, at::kFloat)));
  const at::Tensor kept = root.kernel;
  root.initialize(first);
  EXPECT_TRUE(root.kernel.is_same(kept)) << "what is there stays";
  root.release();
  EXPECT_FALSE(root.kernel.defined());
}

TEST(Module, MovingCastsFloatingPointOnly) {
  tree root;
  generator random(7);
  root.initialize(random);
  root.list[0].table = at::arange(2, at::kLong);
  root.to(at::kCPU, at::kBFloat16);
  EXPECT_EQ(root.kernel.scalar_type(), at::kBFloat16);
  EXPECT_TRUE(root.kernel.is_contiguous(at::MemoryFormat::ChannelsLast));
  EXPECT_EQ(root.list[0].table.scalar_type(), at::kLong);
}

TEST(Module, ATapSeesEachOutputUnderItsPath) {
  tree root;
  generator random(7);
  root.initialize(random);
  std::vector<std::string> seen;
  root.set_tap([&](const std::string& path, const at::Tensor&) { seen.push_back(path); });
  root.list[1](at::ones({1, 3}));
  EXPECT_EQ(seen, std::vector<std::string>{"layers.1"});
  root.set_tap({});
  root.list[1](at::ones({1, 3}));
  EXPECT_EQ(seen.size(), 1u);
}

}  // namespace
}  // namespace zoetrope
