// Pixel formats and colour codings into each other, through libswscale.
#pragma once

#include "core/io/av_handles.hpp"

namespace zoetrope {

/// How YUV means colours; of no matter for RGB.
struct yuv_coding {
  int matrix = SWS_CS_ITU709;  ///< SWS_CS_…
  bool full_range = false;
};

class frame_converter {
 public:
  explicit frame_converter(AVPixelFormat format, yuv_coding coding = {}) : format_(format), coding_(coding) {}
  /// A new frame of this format, with the size and time stamp of `from`.
  av_ptr<AVFrame> convert(const AVFrame* from, yuv_coding from_coding = {});

 private:
  AVPixelFormat format_;
  yuv_coding coding_;
  av_ptr<SwsContext> context_;
};

}  // namespace zoetrope
