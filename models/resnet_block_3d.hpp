// The residual block of the UNet: norm, SiLU, conv, time embedding, norm, SiLU, conv. Convolutions see frames
// one by one, or neighbours, too; what the norms see is their scope: whole clips in an inflated UNet (the 5-D
// GroupNorm of Hotshot-XL), frames in a 2-D one. A gate may follow (models/global_context.hpp).
#pragma once

#include <ATen/core/Tensor.h>

#include <memory>

#include "models/frame_convolution.hpp"
#include "models/global_context.hpp"
#include "models/layers.hpp"
#include "models/resnet_block.hpp"

namespace zoetrope {

class resnet_block_3d : public resnet_block {
 public:
  enum class convolutions {
    per_frame,
    pseudo_3d,  ///< one over the frames behind each, fresh the identity (Make-A-Video's, imagen-pytorch's)
    full_3d     ///< 3 x 3 x 3, fresh a 2-D kernel in the present frame and zeros beside it
  };
  enum class gating { none, frame, clip };
  struct options {
    int64_t in_channels, out_channels;
    int64_t time_channels;  ///< of the time embedding; 0: the block takes none
    int64_t groups = 32;
    int64_t groups_out = 32;  ///< of the second norm
    double eps = 1e-6;
    bool scale_shift = false;  ///< the embedding scales and shifts the second norm instead of being added
    double output_scale_factor = 1.0;  ///< the result is divided by it
    bool shortcut = false;  ///< a 1x1 convolution on the skip path; always there if the channels differ
    bool shortcut_bias = true;
    norm_scope scope = {};  ///< of both norms
    convolutions convolution = convolutions::per_frame;
    bool causal = false;  ///< convolutions over frames do not see later ones
    gating gate = gating::none;
  };
  explicit resnet_block_3d(const options& options);
  at::Tensor forward(const at::Tensor& x, const unet_context& context) const override;
  bool fresh_is_2d() const override { return options_.gate == gating::none; }

 private:
  /// A 2-D convolution, one over frames, or the first and then the second.
  struct convolution {
    convolution(int64_t in_channels, const options& options);
    at::Tensor forward(const at::Tensor& x, const unet_context& context) const;
    std::unique_ptr<conv2d> picture;
    std::unique_ptr<frame_convolution> frames;
  };
  void add_convolution(const char* number, const convolution& added);
  bool bias_joins_time(const at::Tensor& x) const;
  at::Tensor second_norm(const at::Tensor& h, const unet_context& context) const;

  const options options_;
  group_norm norm1_;
  const convolution conv1_;
  std::unique_ptr<linear> time_emb_proj_;
  group_norm norm2_;
  const convolution conv2_;
  std::unique_ptr<global_context> gate_;
  std::unique_ptr<conv2d> conv_shortcut_;
};

}  // namespace zoetrope
