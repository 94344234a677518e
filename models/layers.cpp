// See layers.hpp. Fresh weights follow torch's reset_parameters: uniform in ±1/sqrt(fan in).
#include "models/layers.hpp"

#include <ATen/ATen.h>

#include <cmath>

#include "core/error.hpp"
#include "models/batch_invariance.hpp"
#include "models/frozen_convolution.hpp"
#include "models/group_norm_silu.hpp"
#include "models/low_rank_product.hpp"

namespace zoetrope {

namespace {
initializer fan_in_uniform(int64_t fan_in) {
  return initializer::uniform(1.0 / std::sqrt(static_cast<double>(fan_in)));
}
}  // namespace

at::Tensor weighted_layer::project(const at::Tensor& x, int64_t part, int64_t parts) const {
  const borrowed_weights held(*this);
  const auto rows = [&](const at::Tensor& t) {
    return parts == 1 || !t.defined() ? t : t.narrow(0, part * (t.size(0) / parts), t.size(0) / parts);
  };
  if (adapters.size() == 1 && one_node_serves(x, weight, bias, adapters[0]))
    return low_rank_product(x, rows(weight).flatten(1), rows(bias),
                            {adapters[0].down, rows(adapters[0].up), adapters[0].scale});
  at::Tensor y = linear_by_rows(x, rows(weight).flatten(1), rows(bias));
  for (const low_rank_adapter& change : adapters)
    y = y + linear_by_rows(linear_by_rows(x, change.down, {}), rows(change.up), {}) * change.scale;
  return y;
}

linear::linear(int64_t in_features, int64_t out_features, bool with_bias)
    : in_features(in_features), out_features(out_features) {
  add_parameter("weight", weight, {out_features, in_features}, fan_in_uniform(in_features));
  if (with_bias) add_parameter("bias", bias, {out_features}, fan_in_uniform(in_features));
}

conv2d::conv2d(int64_t in_channels, int64_t out_channels, options shape)
    : in_channels(in_channels), out_channels(out_channels), shape(shape) {
  const int64_t fan_in = in_channels * shape.kernel * shape.kernel;
  add_parameter("weight", weight, {out_channels, in_channels, shape.kernel, shape.kernel},
                fan_in_uniform(fan_in));
  if (shape.bias) add_parameter("bias", bias, {out_channels}, fan_in_uniform(fan_in));
}

at::Tensor conv2d::convolved(const at::Tensor& x, bool biased) const {
  const borrowed_weights held(*this);
  const at::Tensor input = x.contiguous(at::MemoryFormat::ChannelsLast);
  const at::Tensor added = biased ? bias : at::Tensor();
  at::Tensor y = keeps_no_input(input, weight, added)
                     ? frozen_convolution(input, weight, added, shape.stride, shape.padding)
                     : conv2d_by_rows(input, weight, added, shape.stride, shape.padding);
  for (const low_rank_adapter& change : adapters) {
    const at::Tensor inner = conv2d_by_rows(input, change.down, {}, shape.stride, shape.padding);
    y = y + conv2d_by_rows(inner, change.up, {}, 1, 0) * change.scale;
  }
  return y;
}

at::Tensor conv2d::with_bias(const at::Tensor& vectors) const {
  const borrowed_weights held(*this);
  return bias.defined() ? vectors + bias : vectors;
}

group_norm::group_norm(int64_t groups, int64_t channels, double eps)
    : groups(groups), channels(channels), eps(eps) {
  ZT_CHECK(groups > 0 && channels % groups == 0, bad_input, "group_norm: ", channels,
           " channels are not divisible by ", groups, " groups");
  add_parameter("weight", weight, {channels}, initializer::ones());
  add_parameter("bias", bias, {channels}, initializer::zeros());
}

at::Tensor group_norm::forward(const at::Tensor& x, int64_t frames, const at::Tensor& shift) const {
  return group_norm_silu({x, weight, bias, groups, eps, frames, /*silu=*/false, shift});
}

at::Tensor group_norm::forward_silu(const at::Tensor& x, int64_t frames, const at::Tensor& shift) const {
  return group_norm_silu({x, weight, bias, groups, eps, frames, /*silu=*/true, shift});
}

layer_norm::layer_norm(int64_t features, double eps) : eps(eps) {
  add_parameter("weight", weight, {features}, initializer::ones());
  add_parameter("bias", bias, {features}, initializer::zeros());
}

at::Tensor layer_norm::forward(const at::Tensor& x) const {
  return at::layer_norm(x, weight.sizes(), weight, bias, eps);
}

embedding::embedding(int64_t count, int64_t features) : count(count) {
  add_parameter("weight", weight, {count, features}, initializer::normal(0.02));
}

at::Tensor embedding::forward(const at::Tensor& ids) const {
  if (ids.numel() > 0 && !ids.is_meta()) {
    const int64_t least = ids.min().item<int64_t>(), greatest = ids.max().item<int64_t>();
    ZT_CHECK(least >= 0 && greatest < count, bad_input, "embedding: id ", least < 0 ? least : greatest,
             " is outside the table of ", count);
  }
  return at::embedding(weight, ids);
}

}  // namespace zoetrope
