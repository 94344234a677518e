// See raft_update.hpp.
#include "eval/network_metrics/raft_update.hpp"

#include <ATen/ATen.h>

namespace zoetrope {
namespace {

// Cho et al. 2014 with convolutions.
at::Tensor gated(const at::Tensor& state, const at::Tensor& input, const rectangle_conv& z,
                 const rectangle_conv& r, const rectangle_conv& q) {
  const at::Tensor both = at::cat({state, input}, 1);
  const at::Tensor update = at::sigmoid(z.forward(both)), reset = at::sigmoid(r.forward(both));
  const at::Tensor proposed = at::tanh(q.forward(at::cat({reset * state, input}, 1)));
  return (1 - update) * state + update * proposed;
}

}  // namespace

rectangle_conv::rectangle_conv(int64_t in, int64_t out, int64_t height, int64_t width) {
  add_parameter("weight", weight_, {out, in, height, width}, initializer::normal(0.02));
  add_parameter("bias", bias_, {out}, initializer::zeros());
}

at::Tensor rectangle_conv::forward(const at::Tensor& x) const {
  return at::conv2d(x, weight_, bias_, /*stride=*/1, {weight_.size(2) / 2, weight_.size(3) / 2});
}

raft_motion_encoder::raft_motion_encoder()
    : convc1_(324, 256, 1, 1),
      convc2_(256, 192, 3, 3),
      convf1_(2, 128, 7, 7),
      convf2_(128, 64, 3, 3),
      conv_(256, 126, 3, 3) {
  add_child("convc1", convc1_);
  add_child("convc2", convc2_);
  add_child("convf1", convf1_);
  add_child("convf2", convf2_);
  add_child("conv", conv_);
}

at::Tensor raft_motion_encoder::forward(const at::Tensor& correlations, const at::Tensor& flow) const {
  const at::Tensor matches = at::relu(convc2_.forward(at::relu(convc1_.forward(correlations))));
  const at::Tensor moved = at::relu(convf2_.forward(at::relu(convf1_.forward(flow))));
  return at::cat({at::relu(conv_.forward(at::cat({matches, moved}, 1))), flow}, 1);
}

raft_recurrence::raft_recurrence()
    : convz1_(384, 128, 1, 5),
      convr1_(384, 128, 1, 5),
      convq1_(384, 128, 1, 5),
      convz2_(384, 128, 5, 1),
      convr2_(384, 128, 5, 1),
      convq2_(384, 128, 5, 1) {
  add_child("convz1", convz1_);
  add_child("convr1", convr1_);
  add_child("convq1", convq1_);
  add_child("convz2", convz2_);
  add_child("convr2", convr2_);
  add_child("convq2", convq2_);
}

at::Tensor raft_recurrence::forward(const at::Tensor& state, const at::Tensor& input) const {
  return gated(gated(state, input, convz1_, convr1_, convq1_), input, convz2_, convr2_, convq2_);
}

raft_update::raft_update()
    : flow1_(128, 256, 3, 3), flow2_(256, 2, 3, 3), mask1_(128, 256, 3, 3), mask2_(256, 576, 1, 1) {
  add_child("encoder", encoder_);
  add_child("gru", gru_);
  add_child("flow_head.conv1", flow1_);
  add_child("flow_head.conv2", flow2_);
  add_child("mask.0", mask1_);
  add_child("mask.2", mask2_);
}

at::Tensor raft_update::next_state(const at::Tensor& state, const at::Tensor& context,
                                   const at::Tensor& correlations, const at::Tensor& flow) const {
  return gru_.forward(state, at::cat({context, encoder_.forward(correlations, flow)}, 1));
}

at::Tensor raft_update::change_of_flow(const at::Tensor& state) const {
  return flow2_.forward(at::relu(flow1_.forward(state)));
}

at::Tensor raft_update::mask(const at::Tensor& state) const {
  return 0.25 * mask2_.forward(at::relu(mask1_.forward(state)));
}

}  // namespace zoetrope
