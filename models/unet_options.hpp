// The config.json of diffusers' UNet2DConditionModel and ControlNetModel and of Hotshot-XL's
// UNet3DConditionModel, read and checked: what each level of the network is built from.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "core/config.hpp"
#include "models/block_parts.hpp"
#include "models/norm_scope.hpp"

namespace zoetrope {

/// One resolution, on the way down, in the middle, or on the way up.
struct unet_block_options {
  std::string name;              ///< "down_blocks.1"
  bool cross_attention = false;  ///< a spatial transformer behind each resnet
  bool temporal = false;         ///< a temporal module behind that
  int64_t in_channels = 0;       ///< of the block's input
  int64_t out_channels = 0;
  int64_t skip_channels = 0;    ///< up: of the last skip feature; the others have out_channels
  int64_t layers = 0;           ///< resnets (mid: transformers, with one resnet more)
  std::vector<int64_t> depths;  ///< transformer blocks behind each resnet
  int64_t heads = 0;            ///< of the spatial attentions
  int64_t text_channels = 0;    ///< width of the text that cross-attention sees
  bool only_cross_attention = false;
  bool resample = false;  ///< ends in a downsampler or upsampler
  double output_scale_factor = 1.0;
  block_parts parts;  ///< what the modules of this block are built from
  norm_scope scope;   ///< of the resnets' norms
};

struct unet_options {
  int64_t in_channels, out_channels, sample_size;
  bool center_input_sample;
  int64_t conv_in_kernel = 3, conv_out_kernel = 3;
  // conditioning
  bool flip_sin_to_cos;
  double freq_shift;
  int64_t time_channels;                                         ///< width of the time embedding
  int64_t time_condition_channels;                               ///< time_cond_proj_dim, or 0
  std::string act_fn, time_embedding_act_fn, timestep_post_act;  ///< the latter two empty where there is none
  bool text_time;                                                ///< SDXL's pooled text and sizes
  bool fps_embedding;  ///< frames a second beside the noise level (VideoCrafter: Chen et al. 2023)
  int64_t addition_time_channels = 0, addition_input_channels = 0;
  int64_t encoder_hid_channels;  ///< text is projected from this width first; 0: it is not
  int64_t cross_attention_dim;   ///< width of the text in the blocks
  // shared by all blocks
  int64_t groups;
  double eps;
  bool scale_shift, linear_projection;
  int64_t downsample_padding;

  bool video = false;  ///< blocks for video somewhere: norms of resnets see clips, sizes must divide
  norm_scope scope;    ///< of the last norm
  std::optional<config> temporal_in;   ///< of the temporal module behind conv_in, where there is one
  block_parts_reader parts{config()};  ///< to be asked whether all was read, once the net is built
  std::vector<unet_block_options> down, up;
  std::optional<unet_block_options> mid;

  /// error{bad_input} names the key for a value that is wrong or cannot be honoured.
  static unet_options read(const config& source);
  /// Of a ControlNetModel, which has no way up.
  static unet_options read_controlnet(const config& source);
};

}  // namespace zoetrope
