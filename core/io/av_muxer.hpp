// One video stream into one container, in memory or in a file.
#pragma once

#include <filesystem>
#include <vector>

#include "core/io/av_handles.hpp"

namespace zoetrope {

class av_muxer {
 public:
  /// Writes to `file`, or to memory where that is empty.
  av_muxer(const char* format, const std::filesystem::path& file);
  ~av_muxer();
  av_muxer(const av_muxer&) = delete;
  av_muxer& operator=(const av_muxer&) = delete;

  /// A private option of the format.
  void set(const char* option, const std::string& value);
  void set_metadata(const media_metadata& metadata);
  bool wants_global_header() const { return context_->oformat->flags & AVFMT_GLOBALHEADER; }
  /// Writes the header; the encoder is open.
  void begin(const AVCodecContext* encoder);
  void write(AVPacket* packet);
  /// Writes the trailer; returns what went to memory.
  std::vector<std::byte> end();

 private:
  std::vector<std::byte> close_memory();
  void release();

  AVFormatContext* context_ = nullptr;
  AVStream* stream_ = nullptr;  // owned by the context
  AVRational time_base_{0, 1};  // of the packets
  bool in_memory_;
};

}  // namespace zoetrope
