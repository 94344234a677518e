// RAFT's update (Teed and Deng 2020, section 3.3): a recurrent unit that sees correlations, flow and context,
// and says how the flow changes and how it is enlarged. Names are the published checkpoint's.
#pragma once

#include <ATen/core/Tensor.h>

#include "core/tensor/module.hpp"

namespace zoetrope {

/// A convolution over a rectangle, which keeps the size.
class rectangle_conv : public module {
 public:
  rectangle_conv(int64_t in, int64_t out, int64_t height, int64_t width);
  at::Tensor forward(const at::Tensor& x) const;

 private:
  at::Tensor weight_, bias_;
};

class raft_motion_encoder : public module {
 public:
  raft_motion_encoder();
  /// correlations b 324 h w, flow b 2 h w -> b 128 h w
  at::Tensor forward(const at::Tensor& correlations, const at::Tensor& flow) const;

 private:
  rectangle_conv convc1_, convc2_, convf1_, convf2_, conv_;
};

/// A gated recurrent unit along rows, then one along columns.
class raft_recurrence : public module {
 public:
  raft_recurrence();
  /// state b 128 h w, input b 256 h w -> the next state
  at::Tensor forward(const at::Tensor& state, const at::Tensor& input) const;

 private:
  rectangle_conv convz1_, convr1_, convq1_, convz2_, convr2_, convq2_;
};

class raft_update : public module {
 public:
  raft_update();
  at::Tensor next_state(const at::Tensor& state, const at::Tensor& context, const at::Tensor& correlations,
                        const at::Tensor& flow) const;
  /// b 2 h w
  at::Tensor change_of_flow(const at::Tensor& state) const;
  /// Weights of the 3 x 3 neighbours for each of 8 x 8 finer pixels: b 576 h w.
  at::Tensor mask(const at::Tensor& state) const;

 private:
  raft_motion_encoder encoder_;
  raft_recurrence gru_;
  rectangle_conv flow1_, flow2_, mask1_, mask2_;
};

}  // namespace zoetrope
