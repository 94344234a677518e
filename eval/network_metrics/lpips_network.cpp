// See lpips_network.hpp.
#include "eval/network_metrics/lpips_network.hpp"

#include <ATen/ATen.h>

#include <span>

#include "core/error.hpp"
#include "eval/network_metrics/network_weights.hpp"

namespace zoetrope {
namespace {

// A convolution with a ReLU behind it, and a max pooling before it where `pool` is not 0.
struct backbone_layer {
  const char* key;  // as the lpips package splits torchvision's `features`
  int64_t in, out;
  conv2d::options shape;
  int64_t pool = 0;
  bool compared = false;
};

constexpr conv2d::options k3{.kernel = 3};

constexpr backbone_layer alex[] = {
    {"slice1.0", 3, 64, {.kernel = 11, .stride = 4, .padding = 2}, 0, true},
    {"slice2.3", 64, 192, {.kernel = 5, .padding = 2}, 3, true},
    {"slice3.6", 192, 384, k3, 3, true},
    {"slice4.8", 384, 256, k3, 0, true},
    {"slice5.10", 256, 256, k3, 0, true},
};
constexpr backbone_layer vgg[] = {
    {"slice1.0", 3, 64, k3, 0, false},     {"slice1.2", 64, 64, k3, 0, true},
    {"slice2.5", 64, 128, k3, 2, false},   {"slice2.7", 128, 128, k3, 0, true},
    {"slice3.10", 128, 256, k3, 2, false}, {"slice3.12", 256, 256, k3, 0, false},
    {"slice3.14", 256, 256, k3, 0, true},  {"slice4.17", 256, 512, k3, 2, false},
    {"slice4.19", 512, 512, k3, 0, false}, {"slice4.21", 512, 512, k3, 0, true},
    {"slice5.24", 512, 512, k3, 2, false}, {"slice5.26", 512, 512, k3, 0, false},
    {"slice5.28", 512, 512, k3, 0, true},
};

std::span<const backbone_layer> layers_of(lpips_backbone backbone) {
  return backbone == lpips_backbone::alex ? std::span<const backbone_layer>(alex) : vgg;
}

// To [-1, 1], then the package's scaling layer: ImageNet's mean and deviation on that range.
at::Tensor scaled(const at::Tensor& picture) {
  const at::Tensor shift = at::tensor({-0.030f, -0.088f, -0.188f}).view({1, 3, 1, 1}),
                   scale = at::tensor({0.458f, 0.448f, 0.450f}).view({1, 3, 1, 1});
  return (2 * picture - 1 - shift) / scale;
}

at::Tensor at_unit_length(const at::Tensor& x) { return x / (x.square().sum(1, true).sqrt() + 1e-10); }

}  // namespace

conv2d& lpips_network::add(const std::string& key, std::unique_ptr<conv2d> layer) {
  add_child(key, *layer);
  return *layers_.emplace_back(std::move(layer));
}

lpips_network::lpips_network(lpips_backbone backbone) : backbone_(backbone) {
  for (const backbone_layer& layer : layers_of(backbone_)) {
    convolutions_.push_back(
        &add(concat("net.", layer.key), std::make_unique<conv2d>(layer.in, layer.out, layer.shape)));
    if (!layer.compared) continue;
    const std::string key = concat("lin", linears_.size(), ".model.1");
    linears_.push_back(&add(
        key,
        std::make_unique<conv2d>(layer.out, 1, conv2d::options{.kernel = 1, .padding = 0, .bias = false})));
  }
}

std::vector<at::Tensor> lpips_network::features(const at::Tensor& picture) const {
  ZT_CHECK(picture.dim() == 4 && picture.size(0) == 1 && picture.size(1) == 3 &&
               picture.size(2) >= least_side() && picture.size(3) >= least_side(),
           usage, "lpips: got a picture ", picture.sizes(), ", wanted [1, 3, height, width] of at least ",
           least_side(), " x ", least_side());
  std::vector<at::Tensor> compared;
  at::Tensor x = scaled(picture);
  std::size_t index = 0;
  for (const backbone_layer& layer : layers_of(backbone_)) {
    if (layer.pool) x = at::max_pool2d(x, layer.pool, /*stride=*/2);
    x = at::relu(convolutions_[index++]->forward(x));
    if (layer.compared) compared.push_back(at_unit_length(x));
  }
  return compared;
}

double lpips_network::distance(const std::vector<at::Tensor>& one,
                               const std::vector<at::Tensor>& other) const {
  double sum = 0;
  for (std::size_t i = 0; i < linears_.size(); ++i)
    sum += linears_[i]->forward((one[i] - other[i]).square()).mean().item<double>();
  return sum;
}

std::string lpips_network::canonical_key(const std::string& key) {
  return key.starts_with("lins.") || key.starts_with("scaling_layer.") ? "" : key;
}

int64_t lpips_network::least_side() const { return backbone_ == lpips_backbone::alex ? 31 : 16; }

std::shared_ptr<const lpips_network> load_lpips(const std::filesystem::path& file, lpips_backbone backbone) {
  auto network = std::make_shared<lpips_network>(backbone);
  fill_network(*network, {{safetensors_file::open(file), renaming(lpips_network::canonical_key)}});
  return network;
}

}  // namespace zoetrope
