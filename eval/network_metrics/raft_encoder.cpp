// See raft_encoder.hpp.
#include "eval/network_metrics/raft_encoder.hpp"

#include <ATen/ATen.h>

namespace zoetrope {
namespace {

constexpr double norm_eps = 1e-5;

conv2d::options strided(int64_t kernel, int64_t stride) {
  return {.kernel = kernel, .stride = stride, .padding = kernel / 2};
}

}  // namespace

picture_norm::picture_norm(int64_t channels, raft_norm kind) : kind_(kind) {
  if (kind_ == raft_norm::instance) return;
  add_parameter("weight", weight_, {channels}, initializer::ones());
  add_parameter("bias", bias_, {channels}, initializer::zeros());
  add_buffer("running_mean", running_mean_, {channels}, initializer::zeros());
  add_buffer("running_var", running_var_, {channels}, initializer::ones());
}

at::Tensor picture_norm::forward(const at::Tensor& x) const {
  if (kind_ == raft_norm::instance)
    return at::instance_norm(x, {}, {}, {}, {}, /*use_input_stats=*/true, 0.1, norm_eps, false);
  return at::batch_norm(x, weight_, bias_, running_mean_, running_var_, /*training=*/false, 0.1, norm_eps,
                        false);
}

raft_block::raft_block(int64_t in, int64_t out, int64_t stride, raft_norm kind)
    : shrinks_(stride > 1),
      conv1_(in, out, strided(3, stride)),
      conv2_(out, out, strided(3, 1)),
      shortcut_(in, out, strided(1, stride)),
      norm1_(out, kind),
      norm2_(out, kind),
      shortcut_norm_(out, kind) {
  add_child("conv1", conv1_);
  add_child("conv2", conv2_);
  add_child("norm1", norm1_);
  add_child("norm2", norm2_);
  if (!shrinks_) return;
  add_child("downsample.0", shortcut_);
  add_child("downsample.1", shortcut_norm_);
}

at::Tensor raft_block::forward(const at::Tensor& x) const {
  const at::Tensor y = at::relu(norm1_.forward(conv1_.forward(x)));
  const at::Tensor z = at::relu(norm2_.forward(conv2_.forward(y)));
  return at::relu(z + (shrinks_ ? shortcut_norm_.forward(shortcut_.forward(x)) : x));
}

raft_encoder::raft_encoder(raft_norm kind)
    : conv1_(3, 64, strided(7, 2)), conv2_(128, 256, strided(1, 1)), norm1_(64, kind) {
  const auto fill = [kind](module_list<raft_block>& layer, int64_t in, int64_t out, int64_t stride) {
    layer.emplace(in, out, stride, kind);
    layer.emplace(out, out, 1, kind);
  };
  fill(layer1_, 64, 64, 1);
  fill(layer2_, 64, 96, 2);
  fill(layer3_, 96, 128, 2);
  add_child("conv1", conv1_);
  add_child("norm1", norm1_);
  add_child("layer1", layer1_);
  add_child("layer2", layer2_);
  add_child("layer3", layer3_);
  add_child("conv2", conv2_);
}

at::Tensor raft_encoder::forward(const at::Tensor& pictures) const {
  at::Tensor x = at::relu(norm1_.forward(conv1_.forward(pictures)));
  for (const auto* layer : {&layer1_, &layer2_, &layer3_})
    for (const auto& block : *layer) x = block->forward(x);
  return conv2_.forward(x);
}

}  // namespace zoetrope
