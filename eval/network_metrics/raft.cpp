// See raft.hpp. Shapes: h w of the pictures, H = h / 8, W = w / 8 of the features.
#include "eval/network_metrics/raft.hpp"

#include <ATen/ATen.h>

#include <cmath>

#include "core/error.hpp"
#include "eval/network_metrics/network_weights.hpp"

namespace zoetrope {
namespace {

constexpr int levels = 4, radius = 4;

// 1 2 H W: x and y of each pixel.
at::Tensor own_places(int64_t height, int64_t width) {
  const at::Tensor y = at::arange(height, at::kFloat).view({-1, 1}).expand({height, width}),
                   x = at::arange(width, at::kFloat).expand({height, width});
  return at::stack({x, y}).unsqueeze(0);
}

// Correlations of each pixel of one picture with all of the other, halved level by level: (H W) 1 H_l W_l.
std::vector<at::Tensor> correlation_pyramid(const at::Tensor& one, const at::Tensor& other) {
  const int64_t channels = one.size(1), height = one.size(2), width = one.size(3);
  const at::Tensor all = at::mm(one.reshape({channels, -1}).t(), other.reshape({channels, -1}));
  std::vector<at::Tensor> pyramid{
      (all / std::sqrt(static_cast<double>(channels))).view({-1, 1, height, width})};
  while (pyramid.size() < levels) pyramid.push_back(at::avg_pool2d(pyramid.back(), 2, 2));
  return pyramid;
}

// Bilinear values of each level around the places, radius pixels on all sides: 1 (levels 81) H W. The
// published network's order: its outer loop goes along x.
at::Tensor looked_up(const std::vector<at::Tensor>& pyramid, const at::Tensor& places) {
  const int64_t height = places.size(2), width = places.size(3), side = 2 * radius + 1;
  const at::Tensor steps = at::arange(-radius, radius + 1, at::kFloat);
  const at::Tensor window =
      at::stack({steps.view({-1, 1}).expand({side, side}), steps.expand({side, side})}, -1);
  const at::Tensor centres = places.permute({0, 2, 3, 1}).reshape({-1, 1, 1, 2});
  std::vector<at::Tensor> found;
  double scale = 1;
  for (const at::Tensor& level : pyramid) {
    const at::Tensor largest =
        at::tensor({static_cast<float>(level.size(3) - 1), static_cast<float>(level.size(2) - 1)});
    const at::Tensor grid = 2 * (centres / scale + window) / largest - 1;  // (H W) 9 9 2
    found.push_back(at::grid_sampler(level, grid, /*bilinear=*/0, /*zeros=*/0, /*align_corners=*/true)
                        .view({1, height, width, -1}));
    scale *= 2;
  }
  return at::cat(found, -1).permute({0, 3, 1, 2}).contiguous();
}

// Each of 8 x 8 finer pixels is a convex combination of its 3 x 3 coarse neighbours.
at::Tensor enlarged(const at::Tensor& flow, const at::Tensor& mask) {
  const int64_t height = flow.size(2), width = flow.size(3);
  const at::Tensor weights = mask.reshape({1, 1, 9, 8, 8, height, width}).softmax(2);
  const at::Tensor neighbours =
      at::im2col((8 * flow).contiguous(), {3, 3}, /*dilation=*/{1, 1}, /*padding=*/{1, 1},
                 /*stride=*/{1, 1})
          .view({1, 2, 9, 1, 1, height, width});
  return (weights * neighbours).sum(2).permute({0, 1, 4, 2, 5, 3}).reshape({1, 2, 8 * height, 8 * width});
}

void check_picture(const at::Tensor& picture) {
  ZT_CHECK(picture.dim() == 4 && picture.size(0) == 1 && picture.size(1) == 3 && picture.size(2) % 8 == 0 &&
               picture.size(3) % 8 == 0 && picture.size(2) >= raft::least_side &&
               picture.size(3) >= raft::least_side,
           usage, "raft: got a picture ", picture.sizes(),
           ", wanted [1, 3, height, width], both multiples of 8 from ", raft::least_side, " on");
}

}  // namespace

raft::raft() : fnet_(raft_norm::instance), cnet_(raft_norm::batch) {
  add_child("fnet", fnet_);
  add_child("cnet", cnet_);
  add_child("update_block", update_block_);
}

at::Tensor raft::flow(const at::Tensor& one, const at::Tensor& other, int updates) const {
  check_picture(one);
  ZT_CHECK(one.sizes() == other.sizes() && updates >= 1, usage, "raft: got pictures ", one.sizes(), " and ",
           other.sizes(), " and ", updates, " updates, wanted equal sizes and an update or more");
  const auto scaled = [](const at::Tensor& picture) { return 2 * (picture / 255) - 1; };
  const auto pyramid = correlation_pyramid(fnet_.forward(scaled(one)), fnet_.forward(scaled(other)));
  const auto halves = cnet_.forward(scaled(one)).split(128, 1);
  at::Tensor state = at::tanh(halves[0]);
  const at::Tensor context = at::relu(halves[1]);
  const at::Tensor origin = own_places(state.size(2), state.size(3));
  at::Tensor places = origin;
  for (int i = 0; i < updates; ++i) {
    state = update_block_.next_state(state, context, looked_up(pyramid, places), places - origin);
    places = places + update_block_.change_of_flow(state);
  }
  return enlarged(places - origin, update_block_.mask(state));
}

std::string raft::canonical_key(const std::string& key) {
  const std::string name = key.starts_with("module.") ? key.substr(7) : key;
  const bool twice = name.find(".norm3.") != std::string::npos;  // downsample.1 is the same
  return twice || name.ends_with("num_batches_tracked") ? "" : name;
}

std::shared_ptr<const raft> load_raft(const std::filesystem::path& file) {
  auto network = std::make_shared<raft>();
  fill_network(*network, {{safetensors_file::open(file), renaming(raft::canonical_key)}});
  return network;
}

}  // namespace zoetrope
