// See frame_converter.hpp.
#include "core/io/frame_converter.hpp"

namespace zoetrope {

av_ptr<AVFrame> frame_converter::convert(const AVFrame* from, yuv_coding from_coding) {
  context_.reset(av_check(
      sws_getCachedContext(context_.release(), from->width, from->height,
                           static_cast<AVPixelFormat>(from->format), from->width, from->height, format_,
                           SWS_BICUBIC | SWS_ACCURATE_RND | SWS_FULL_CHR_H_INP | SWS_FULL_CHR_H_INT, nullptr,
                           nullptr, nullptr),
      "the colour conversion"));
  sws_setColorspaceDetails(context_.get(), sws_getCoefficients(from_coding.matrix), from_coding.full_range,
                           sws_getCoefficients(coding_.matrix), coding_.full_range, 0, 1 << 16, 1 << 16);
  av_ptr<AVFrame> frame = make_av_frame();
  frame->format = format_;
  frame->width = from->width;
  frame->height = from->height;
  frame->pts = from->pts;
  av_check(av_frame_get_buffer(frame.get(), 0), error_kind::out_of_memory, "a frame");
  av_check(
      sws_scale(context_.get(), from->data, from->linesize, 0, from->height, frame->data, frame->linesize),
      error_kind::runtime, "converting a frame");
  return frame;
}

}  // namespace zoetrope
