// Files to the tensors that a call takes: control clips, source clips, pictures for single frames, masks.
// Every picture is brought to the video's size by Hotshot-XL's aspect fill, and of a clip the frames around
// its middle are taken (core/io/frame_picking.hpp); one picture stands for all frames.
#pragma once

#include <ATen/core/Tensor.h>

#include <filesystem>
#include <vector>

#include "core/config.hpp"
#include "core/io/video.hpp"
#include "pipelines/source_video.hpp"

namespace zoetrope {

/// What the clips are for.
struct clip_request {
  int64_t width = 0, height = 0;    ///< pixels of the video
  int64_t video_length = 0;         ///< frames of the video
  double video_duration_ms = 1000;  ///< the picked frames span about as much of the clip
  bool compat_hotshot =
      false;  ///< the first frame of a GIF is resized by nearest, as the original does unknowingly
};

/// f 3 h w in [0, 1].
at::Tensor frames_tensor(const rgb_frames& clip);

/// f 3 h w in [0, 1]: what a ControlNet is shown. `clip`: a GIF, MP4, WebM, folder of pictures or one
/// picture; `preprocessor`: {"type": "canny", …}, applied at the final size. error{bad_input} names the file:
/// not a clip, fewer frames than are asked.
at::Tensor control_frames(const std::filesystem::path& clip, const config& preprocessor,
                          const clip_request& request);

/// A source for video to video; with a `mask` (empty: none) for inpainting. White in a mask is made anew: a
/// pixel counts as white from a luma of 128. A mask is one picture, or as many frames as the video or as the
/// clip (then those at the picked places). Same errors; strength is left at its default.
source_video source_from_clip(const std::filesystem::path& clip, const std::filesystem::path& mask,
                              const clip_request& request);

/// A picture that becomes one frame of the video.
struct placed_picture {
  std::filesystem::path file;
  int64_t frame = 0;  ///< from 0
};

/// A source whose given frames are kept and whose others are made anew, at strength 1. The others hold the
/// nearest given picture (the earlier of two), which counts below strength 1. error{usage} for a frame beyond
/// the video, given twice, or no picture at all.
source_video source_from_pictures(const std::vector<placed_picture>& pictures, const clip_request& request);

}  // namespace zoetrope
