// LPIPS against the lpips package, whose networks had the weights that by_formula() gives.
#include <c10/core/GradMode.h>
#include <gtest/gtest.h>

#include <limits>

#include "eval/network_metrics.hpp"
#include "eval/network_metrics/lpips_network.hpp"
#include "tests/core/temporary_folder.hpp"
#include "tests/eval/metrics/made_clips.hpp"
#include "tests/eval/network_metrics/references.hpp"

namespace zoetrope {
namespace {

struct stored_layer {
  const char* key;
  std::vector<int64_t> shape;
};

// The lpips package's keys and torchvision's shapes.
std::vector<stored_layer> layers_of(const std::string& net) {
  if (net == "alex")
    return {{"net.slice1.0", {64, 3, 11, 11}},
            {"net.slice2.3", {192, 64, 5, 5}},
            {"net.slice3.6", {384, 192, 3, 3}},
            {"net.slice4.8", {256, 384, 3, 3}},
            {"net.slice5.10", {256, 256, 3, 3}},
            {"lin0", {1, 64, 1, 1}},
            {"lin1", {1, 192, 1, 1}},
            {"lin2", {1, 384, 1, 1}},
            {"lin3", {1, 256, 1, 1}},
            {"lin4", {1, 256, 1, 1}}};
  return {{"net.slice1.0", {64, 3, 3, 3}},
          {"net.slice1.2", {64, 64, 3, 3}},
          {"net.slice2.5", {128, 64, 3, 3}},
          {"net.slice2.7", {128, 128, 3, 3}},
          {"net.slice3.10", {256, 128, 3, 3}},
          {"net.slice3.12", {256, 256, 3, 3}},
          {"net.slice3.14", {256, 256, 3, 3}},
          {"net.slice4.17", {512, 256, 3, 3}},
          {"net.slice4.19", {512, 512, 3, 3}},
          {"net.slice4.21", {512, 512, 3, 3}},
          {"net.slice5.24", {512, 512, 3, 3}},
          {"net.slice5.26", {512, 512, 3, 3}},
          {"net.slice5.28", {512, 512, 3, 3}},
          {"lin0", {1, 64, 1, 1}},
          {"lin1", {1, 128, 1, 1}},
          {"lin2", {1, 256, 1, 1}},
          {"lin3", {1, 512, 1, 1}},
          {"lin4", {1, 512, 1, 1}}};
}

tensor_map weights_of(const std::string& net) {
  std::map<std::string, std::vector<int64_t>> shapes;
  for (const auto& [key, shape] : layers_of(net)) {
    const bool is_linear = key[0] == 'l';
    shapes[concat(key, is_linear ? ".model.1.weight" : ".weight")] = shape;
    if (!is_linear) shapes[concat(key, ".bias")] = {shape[0]};
  }
  tensor_map weights;
  std::size_t index = 0;
  for (const auto& [key, shape] : shapes) {
    const at::Tensor value = by_formula(index++, shape);
    weights[key] = key[0] == 'l' ? value.abs() : value;
  }
  // As the package's state_dict has them too.
  for (int i = 0; i < 5; ++i)
    weights[concat("lins.", i, ".model.1.weight")] = weights[concat("lin", i, ".model.1.weight")];
  weights["scaling_layer.shift"] = at::zeros({1, 3, 1, 1});
  return weights;
}

class Lpips : public testing::TestWithParam<std::string> {
 protected:
  void SetUp() override { save_tensors(file_, weights_of(GetParam())); }
  lpips_backbone backbone() const {
    return GetParam() == "alex" ? lpips_backbone::alex : lpips_backbone::vgg;
  }
  temporary_folder folder_;
  std::filesystem::path file_ = folder_ / ("lpips_" + GetParam() + ".safetensors");
};

TEST_P(Lpips, IsThePackages) {
  const c10::NoGradGuard no_grad;
  const auto network = load_lpips(file_, backbone());
  const auto one = network->features(reference_value("lpips.one")),
             other = network->features(reference_value("lpips.other"));
  const double wanted = reference_value("lpips." + GetParam()).item<double>();
  EXPECT_NEAR(network->distance(one, other), wanted, 1e-5 * wanted);
  EXPECT_EQ(network->distance(one, one), 0);
}

TEST_P(Lpips, MetricsAreItsDistancesOfTheFrames) {
  const c10::NoGradGuard no_grad;
  add_network_metrics();
  const float_clip clip = moving_texture(3, 32, 40, 1, 0), reference = moving_texture(3, 32, 40, 3, 1);
  const metric_input input{.clip = clip, .reference = &reference};
  const auto value_of = [&](const std::string& type) {
    return make_metric(config(json{{"type", type}, {"net", GetParam()}}), {folder_.path()})
        .measure(input)
        .front();
  };
  const auto network = load_lpips(file_, backbone());
  const auto features = [&](const float_clip& of, int index) {
    const float* first = frame_of(of, index);
    const std::vector<float> pixels(first, first + frame_size(of));
    return network->features(
        at::tensor(pixels).view({of.height, of.width, 3}).permute({2, 0, 1}).unsqueeze(0));
  };
  const auto distance = [&](const float_clip& a, int i, const float_clip& b, int j) {
    return network->distance(features(a, i), features(b, j));
  };
  const metric_values neighbours = value_of("frame_lpips"), against = value_of("lpips"),
                      tlp = value_of("tlp");
  ASSERT_EQ(neighbours.per_pair.size(), 2u);
  EXPECT_NEAR(neighbours.per_pair[1], distance(clip, 1, clip, 2), 1e-7);
  EXPECT_NEAR(neighbours.curves.at("from_first")[1], distance(clip, 0, clip, 2), 1e-7);
  EXPECT_GT(neighbours.per_video, 0);
  ASSERT_EQ(against.per_pair.size(), 3u);
  EXPECT_NEAR(against.per_pair[2], distance(clip, 2, reference, 2), 1e-7);
  ASSERT_EQ(tlp.per_pair.size(), 2u);
  EXPECT_NEAR(tlp.per_pair[0], std::abs(distance(clip, 0, clip, 1) - distance(reference, 0, reference, 1)),
              1e-7);
  EXPECT_GT(tlp.per_pair[0], 0);
}

TEST_P(Lpips, WeightsOfAnotherShapeAreNamed) {
  tensor_map weights = weights_of(GetParam());
  weights["lin2.model.1.weight"] = at::ones({1, 7, 1, 1});
  weights["net.slice9.1.weight"] = at::ones({1});
  weights.erase("net.slice1.0.weight");
  weights.erase("lin4.model.1.weight");
  const auto broken = folder_ / "broken.safetensors";
  save_tensors(broken, weights);
  const std::string message = failure_of([&] { load_lpips(broken, backbone()); });
  EXPECT_TRUE(mentions(message, "bad_input: " + broken.string()));
  EXPECT_TRUE(mentions(message, "2 missing: lin4.model.1.weight, net.slice1.0.weight;"));
  EXPECT_TRUE(mentions(message, "lin2.model.1.weight (got [1, 7, 1, 1], wanted "));
  EXPECT_TRUE(mentions(message, "unexpected: net.slice9.1.weight"));
}

TEST_P(Lpips, WeightsThatAreNotFiniteAreNamed) {
  tensor_map weights = weights_of(GetParam());
  weights["lin4.model.1.weight"].flatten()[3] = std::numeric_limits<float>::quiet_NaN();
  const auto broken = folder_ / "broken.safetensors";
  save_tensors(broken, weights);
  EXPECT_TRUE(mentions(
      failure_of([&] { load_lpips(broken, backbone()); }),
      concat("bad_input: ", broken.string(), ": tensor 'lin4.model.1.weight' is not finite at index 3")));
}

TEST_P(Lpips, ASmallFrameIsAReason) {
  add_network_metrics();
  const float_clip tiny = moving_texture(2, 12, 12, 1, 0);
  const named_metric metric =
      make_metric(config(json{{"type", "frame_lpips"}, {"net", GetParam()}}), {folder_.path()});
  EXPECT_EQ(why_unavailable(metric, {.clip = tiny}).substr(0, 24), "needs frames of at least");
}

INSTANTIATE_TEST_SUITE_P(Nets, Lpips, testing::Values("alex", "vgg"),
                         [](const auto& info) { return info.param; });

}  // namespace
}  // namespace zoetrope
