// libav's objects with owners, its error codes as zoetrope::error, and its log lines as part of their text.
#pragma once

extern "C" {
#include <libavcodec/avcodec.h>
#include <libavfilter/avfilter.h>
#include <libavformat/avformat.h>
#include <libswscale/swscale.h>
}

#include <memory>
#include <string>

#include "core/error.hpp"
#include "core/io/video.hpp"

namespace zoetrope {

struct av_deleter {
  void operator()(AVFrame* frame) const { av_frame_free(&frame); }
  void operator()(AVPacket* packet) const { av_packet_free(&packet); }
  void operator()(AVCodecContext* context) const { avcodec_free_context(&context); }
  void operator()(AVFilterGraph* graph) const { avfilter_graph_free(&graph); }
  void operator()(AVFilterInOut* list) const { avfilter_inout_free(&list); }
  void operator()(SwsContext* context) const { sws_freeContext(context); }
};
template <class T>
using av_ptr = std::unique_ptr<T, av_deleter>;

/// From here on libav prints nothing; what it would have said in this thread is kept for av_check.
void quiet_av_log();

/// Returns `code` if it is not negative; else throws `kind` with `what`, libav's text for the code and its
/// last words.
int av_check(int code, error_kind kind, const std::string& what);
/// The same for an allocation.
template <class T>
T* av_check(T* made, const std::string& what) {
  ZT_CHECK(made != nullptr, out_of_memory, "libav: no memory for ", what);
  return made;
}

av_ptr<AVFrame> make_av_frame();
/// Frame `index` as an AVFrame of format RGB24, with the time stamp `pts`.
av_ptr<AVFrame> rgb24_av_frame(const rgb_frames& clip, std::size_t index, int64_t pts);

/// Feeds `frame` (null: no more) and hands every finished packet to `take(AVPacket*)`.
template <class Take>
void encode_frame(AVCodecContext* encoder, const AVFrame* frame, const Take& take) {
  av_check(avcodec_send_frame(encoder, frame), error_kind::runtime, "encoding a frame");
  const av_ptr<AVPacket> packet(av_check(av_packet_alloc(), "a packet"));
  while (true) {
    const int code = avcodec_receive_packet(encoder, packet.get());
    if (code == AVERROR(EAGAIN) || code == AVERROR_EOF) return;
    av_check(code, error_kind::runtime, "encoding a frame");
    take(packet.get());
    av_packet_unref(packet.get());
  }
}

}  // namespace zoetrope
