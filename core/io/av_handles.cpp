// See av_handles.hpp.
#include "core/io/av_handles.hpp"

extern "C" {
#include <libavutil/imgutils.h>
#include <libavutil/log.h>
}

#include <cstdarg>
#include <cstdio>
#include <mutex>

namespace zoetrope {
namespace {

thread_local std::string last_words;

void keep_last_words(void*, int level, const char* format, va_list arguments) {
  if (level > AV_LOG_ERROR) return;
  char line[512];
  std::vsnprintf(line, sizeof line, format, arguments);
  last_words = line;
  while (!last_words.empty() && last_words.back() == '\n') last_words.pop_back();
}

}  // namespace

void quiet_av_log() {
  static std::once_flag once;
  std::call_once(once, [] { av_log_set_callback(keep_last_words); });
  last_words.clear();
}

int av_check(int code, error_kind kind, const std::string& what) {
  if (code >= 0) return code;
  char text[AV_ERROR_MAX_STRING_SIZE] = {};
  av_strerror(code, text, sizeof text);
  if (code == AVERROR(ENOMEM)) kind = error_kind::out_of_memory;
  throw error(kind, concat(what, ": ", text, last_words.empty() ? "" : " (" + printable(last_words) + ")"));
}

av_ptr<AVFrame> make_av_frame() { return av_ptr<AVFrame>(av_check(av_frame_alloc(), "a frame")); }

av_ptr<AVFrame> rgb24_av_frame(const rgb_frames& clip, std::size_t index, int64_t pts) {
  av_ptr<AVFrame> frame = make_av_frame();
  frame->format = AV_PIX_FMT_RGB24;
  frame->width = clip.width;
  frame->height = clip.height;
  frame->pts = pts;
  av_check(av_frame_get_buffer(frame.get(), 0), error_kind::out_of_memory, "a frame");
  av_image_copy_plane(frame->data[0], frame->linesize[0], clip.frames[index].data(), clip.width * 3,
                      clip.width * 3, clip.height);
  return frame;
}

}  // namespace zoetrope
