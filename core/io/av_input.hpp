// A media file opened for reading as if its author were hostile: through one open descriptor (nothing else
// can be opened, so playlists lead nowhere), with lists of the formats and codecs that may look at it and
// bounds on sizes.
#pragma once

#include <filesystem>

#include "core/io/av_handles.hpp"

namespace zoetrope {

class av_input {
 public:
  explicit av_input(const std::filesystem::path& file);
  ~av_input();
  av_input(const av_input&) = delete;
  av_input& operator=(const av_input&) = delete;

  const AVStream* stream() const { return stream_; }
  const AVFormatContext* container() const { return context_; }
  AVCodecContext* decoder() const { return decoder_.get(); }
  bool is_still() const;
  bool is_gif() const;
  /// The next packet of the video stream; false at the end.
  bool read(AVPacket* packet);

 private:
  void open(const std::filesystem::path& file);
  void open_decoder();
  void close();

  int descriptor_ = -1;
  AVIOContext* io_ = nullptr;
  AVFormatContext* context_ = nullptr;
  AVStream* stream_ = nullptr;  // owned by the context
  av_ptr<AVCodecContext> decoder_;
};

}  // namespace zoetrope
