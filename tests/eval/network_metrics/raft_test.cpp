// RAFT against torchvision's raft_large, which had the weights that by_formula() gives; VBench's verdict by
// hand.
#include "eval/network_metrics/raft.hpp"

#include <c10/core/GradMode.h>
#include <gtest/gtest.h>

#include <cmath>

#include "eval/network_metrics.hpp"
#include "eval/network_metrics/dynamic_degree.hpp"
#include "tests/core/temporary_folder.hpp"
#include "tests/eval/metrics/made_clips.hpp"
#include "tests/eval/network_metrics/references.hpp"

namespace zoetrope {
namespace {

tensor_map published_weights() {
  std::map<std::string, std::vector<int64_t>> shapes;
  for (const parameter_slot& slot : raft().slots()) shapes[slot.name] = slot.shape;
  tensor_map weights;
  std::size_t index = 0;
  for (const auto& [name, shape] : shapes) {
    const at::Tensor value = by_formula(index++, shape);
    // DataParallel's names, as the published file has them.
    weights["module." + name] = name.ends_with("running_var") ? 1 + value.abs() : value;
  }
  weights["module.cnet.norm1.num_batches_tracked"] = at::ones({}, at::kLong);
  weights["module.cnet.layer2.0.norm3.weight"] = at::ones({96});
  return weights;
}

class Raft : public testing::Test {
 protected:
  void SetUp() override { save_tensors(file_, published_weights()); }
  temporary_folder folder_;
  std::filesystem::path file_ = folder_ / "raft.safetensors";
};

TEST_F(Raft, IsTorchvisions) {
  const c10::NoGradGuard no_grad;
  const auto network = load_raft(file_);
  EXPECT_EQ(network->slots().size(), 154u);  // torchvision's, without counts of batches
  const at::Tensor one = reference_value("raft.one").to(at::kFloat),
                   other = reference_value("raft.other").to(at::kFloat);
  const at::Tensor flow = network->flow(one, other, 3);
  ASSERT_EQ(flow.sizes(), at::IntArrayRef({1, 2, 136, 144}));
  const at::Tensor wanted = reference_value("raft.flow");
  const at::Tensor got = flow.slice(2, 0, 136, 4).slice(3, 0, 144, 4);
  EXPECT_LT((got - wanted).abs().max().item<double>(), 1e-4 * wanted.abs().max().item<double>());
  EXPECT_NEAR(flow.abs().mean().item<double>(), reference_value("raft.flow.mean").item<double>(), 1e-3);
  // The second picture matters.
  EXPECT_GT((network->flow(one, one, 3) - flow).abs().max().item<double>(), 0.01);
}

TEST_F(Raft, RefusesOtherSizesAndWeights) {
  const auto network = load_raft(file_);
  EXPECT_NE(failure_of([&] {
              network->flow(at::zeros({1, 3, 128, 130}), at::zeros({1, 3, 128, 130}), 1);
            }).find("got a picture [1, 3, 128, 130]"),
            std::string::npos);
  tensor_map weights = published_weights();
  weights["module.fnet.conv2.bias"] = at::ones({3});
  save_tensors(folder_ / "broken.safetensors", weights);
  EXPECT_NE(failure_of([&] {
              load_raft(folder_ / "broken.safetensors");
            }).find("fnet.conv2.bias (got [3], wanted [256])"),
            std::string::npos);
}

TEST_F(Raft, DynamicDegreeLooksAtEightFramesASecond) {
  add_network_metrics();
  const named_metric metric = make_metric(config(json{{"type", "dynamic_degree"}}), {folder_.path()});
  const float_clip clip = moving_texture(3, 130, 128, 1, 0), small = moving_texture(3, 64, 64, 1, 0);
  EXPECT_EQ(why_unavailable(metric, {.clip = small}), "needs frames of at least 128 x 128, has 64 x 64");
  EXPECT_EQ(why_unavailable(metric, {.clip = clip, .fps = 24}),
            "needs two frames at 8 a second, has 3 at 24");
  const metric_values values = metric.measure({.clip = clip, .fps = 16}).front();
  ASSERT_EQ(values.per_pair.size(), 1u);  // frames 0 and 2
  EXPECT_TRUE(std::isfinite(values.per_pair[0]));
  EXPECT_EQ(values.per_video, 1);  // of two frames none need move
  EXPECT_EQ(make_metric(config(json{{"type", "dynamic_degree"}})).unavailable,
            "needs raft.safetensors in the folder that metric_weights names");
}

TEST(DynamicDegree, IsVBenchsVerdict) {
  // 100 vectors, of which five count: (3, 4) of length 5, four of length 2.
  at::Tensor flow = at::zeros({1, 2, 10, 10});
  flow[0][0][2][3] = 3;
  flow[0][1][2][3] = 4;
  for (int x = 0; x < 4; ++x) flow[0][1][7][x] = -2;
  EXPECT_NEAR(longest_flow(flow), (5 + 4 * 2) / 5.0, 1e-6);

  EXPECT_TRUE(moves({6.1, 6.1, 0, 0, 0, 0, 0}, 8, 256));   // 2 of 8 frames are enough
  EXPECT_FALSE(moves({6.1, 6.0, 0, 0, 0, 0, 0}, 8, 256));  // the threshold itself is not
  EXPECT_TRUE(moves({3.1, 3.1, 0, 0, 0, 0, 0}, 8, 128));
  EXPECT_TRUE(moves({0}, 2, 256));               // round(0.5) is 0, as Python rounds
  EXPECT_FALSE(moves({7, 0, 0, 0, 0}, 6, 256));  // round(1.5) is 2
  EXPECT_EQ(frame_interval(8), 1);
  EXPECT_EQ(frame_interval(24), 3);
  EXPECT_EQ(frame_interval(12), 2);  // 1.5
  EXPECT_EQ(frame_interval(1), 1);
}

}  // namespace
}  // namespace zoetrope
