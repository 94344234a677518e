// See av_muxer.hpp.
#include "core/io/av_muxer.hpp"

extern "C" {
#include <libavutil/opt.h>
}

namespace zoetrope {

av_muxer::av_muxer(const char* format, const std::filesystem::path& file) : in_memory_(file.empty()) {
  // "file:" keeps a name with a colon from being read as a protocol.
  const std::string url = in_memory_ ? "" : "file:" + file.string();
  av_check(avformat_alloc_output_context2(&context_, nullptr, format, url.c_str()), error_kind::runtime,
           concat("this libavformat writes no ", format));
  const int opened =
      in_memory_ ? avio_open_dyn_buf(&context_->pb) : avio_open(&context_->pb, url.c_str(), AVIO_FLAG_WRITE);
  stream_ = opened < 0 ? nullptr : avformat_new_stream(context_, nullptr);
  if (!stream_) {
    release();
    av_check(opened, error_kind::runtime, concat("opening ", printable(url)));
    throw error(error_kind::out_of_memory, "libav: no memory for a stream");
  }
}

av_muxer::~av_muxer() { release(); }

void av_muxer::release() {
  if (context_->pb) {
    if (in_memory_)
      close_memory();
    else
      avio_closep(&context_->pb);
  }
  avformat_free_context(context_);
}

void av_muxer::set(const char* option, const std::string& value) {
  av_check(av_opt_set(context_->priv_data, option, value.c_str(), 0), error_kind::runtime,
           concat("option ", option, " of libavformat's ", context_->oformat->name));
}

void av_muxer::set_metadata(const media_metadata& metadata) {
  for (const auto& [key, value] : metadata)
    av_check(av_dict_set(&context_->metadata, key.c_str(), value.c_str(), 0), error_kind::runtime,
             "metadata");
}

void av_muxer::begin(const AVCodecContext* encoder) {
  time_base_ = stream_->time_base = encoder->time_base;
  stream_->avg_frame_rate = encoder->framerate;
  av_check(avcodec_parameters_from_context(stream_->codecpar, encoder), error_kind::runtime,
           "describing the stream");
  av_check(avformat_write_header(context_, nullptr), error_kind::runtime, "writing the header");
}

void av_muxer::write(AVPacket* packet) {
  av_packet_rescale_ts(packet, time_base_, stream_->time_base);
  packet->stream_index = stream_->index;
  av_check(av_write_frame(context_, packet), error_kind::runtime, "writing a frame");
}

std::vector<std::byte> av_muxer::end() {
  av_check(av_write_trailer(context_), error_kind::runtime, "writing the end of the file");
  if (in_memory_) return close_memory();
  avio_flush(context_->pb);
  const int trouble = context_->pb->error, closed = avio_closep(&context_->pb);
  av_check(trouble < 0 ? trouble : closed, error_kind::runtime, "writing the file");
  return {};
}

std::vector<std::byte> av_muxer::close_memory() {
  uint8_t* bytes = nullptr;
  const int size = avio_close_dyn_buf(context_->pb, &bytes);
  context_->pb = nullptr;
  const std::unique_ptr<uint8_t, decltype(&av_free)> owner(bytes, &av_free);
  const auto* begin = reinterpret_cast<const std::byte*>(bytes);
  return {begin, begin + size};
}

}  // namespace zoetrope
