// RAFT's encoders (Teed and Deng 2020, section 3.1): six residual blocks, pictures to features of an eighth
// of the size. Norms are per picture and without weights (fnet), or those of a trained batch norm (cnet).
#pragma once

#include <ATen/core/Tensor.h>

#include "models/layers.hpp"

namespace zoetrope {

enum class raft_norm { instance, batch };

class picture_norm : public module {
 public:
  picture_norm(int64_t channels, raft_norm kind);
  at::Tensor forward(const at::Tensor& x) const;

 private:
  const raft_norm kind_;
  at::Tensor weight_, bias_, running_mean_, running_var_;
};

class raft_block : public module {
 public:
  raft_block(int64_t in, int64_t out, int64_t stride, raft_norm kind);
  at::Tensor forward(const at::Tensor& x) const;

 private:
  const bool shrinks_;
  conv2d conv1_, conv2_, shortcut_;
  picture_norm norm1_, norm2_, shortcut_norm_;
};

class raft_encoder : public module {
 public:
  explicit raft_encoder(raft_norm kind);
  /// b 3 h w -> b 256 h/8 w/8
  at::Tensor forward(const at::Tensor& pictures) const;

 private:
  conv2d conv1_, conv2_;
  picture_norm norm1_;
  module_list<raft_block> layer1_, layer2_, layer3_;
};

}  // namespace zoetrope
