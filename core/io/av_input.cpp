// See av_input.hpp.
#include "core/io/av_input.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <string_view>

namespace zoetrope {
namespace {

constexpr int io_buffer_bytes = 1 << 16;
constexpr const char* formats = "gif,apng,png_pipe,jpeg_pipe,mov,mp4,matroska,webm";
constexpr const char* codecs =
    "gif,apng,png,mjpeg,h264,mpeg4,hevc,vp8,vp9,libvpx,libvpx-vp9,av1,libdav1d,rawvideo";

int read_bytes(void* opaque, uint8_t* buffer, int size) {
  ssize_t got;
  do got = ::read(*static_cast<int*>(opaque), buffer, static_cast<std::size_t>(size));
  while (got < 0 && errno == EINTR);
  return got > 0 ? static_cast<int>(got) : got == 0 ? AVERROR_EOF : AVERROR(errno);
}

int64_t seek_bytes(void* opaque, int64_t offset, int whence) {
  const int descriptor = *static_cast<int*>(opaque);
  if (whence & AVSEEK_SIZE) {
    struct stat status;
    return ::fstat(descriptor, &status) == 0 ? status.st_size : AVERROR(errno);
  }
  const off_t at = ::lseek(descriptor, offset, whence & ~AVSEEK_FORCE);
  return at >= 0 ? at : AVERROR(errno);
}

int open_nothing_else(AVFormatContext*, AVIOContext**, const char*, int, AVDictionary**) {
  return AVERROR(EPERM);
}

}  // namespace

av_input::av_input(const std::filesystem::path& file) {
  quiet_av_log();
  try {
    open(file);
    open_decoder();
  } catch (...) {
    close();
    throw;
  }
}

av_input::~av_input() { close(); }

void av_input::open(const std::filesystem::path& file) {
  descriptor_ = ::open(file.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK);
  ZT_CHECK(descriptor_ >= 0, bad_input, "cannot be opened: ", std::strerror(errno));
  struct stat status;
  ZT_CHECK(::fstat(descriptor_, &status) == 0 && S_ISREG(status.st_mode), bad_input, "not a regular file");
  ZT_CHECK(status.st_size > 0, bad_input, "the file is empty");

  auto* buffer = static_cast<uint8_t*>(av_check(av_malloc(io_buffer_bytes), "a buffer"));
  io_ = avio_alloc_context(buffer, io_buffer_bytes, 0, &descriptor_, read_bytes, nullptr, seek_bytes);
  if (!io_) av_free(buffer);
  av_check(io_, "a reader");
  context_ = av_check(avformat_alloc_context(), "a reader");
  context_->pb = io_;
  context_->io_open = open_nothing_else;
  context_->probesize = 5'000'000;
  context_->max_analyze_duration = 5 * AV_TIME_BASE;

  AVDictionary* options = nullptr;
  av_dict_set(&options, "format_whitelist", formats, 0);
  av_dict_set(&options, "codec_whitelist", codecs, 0);
  av_dict_set(&options, "protocol_whitelist", "file", 0);
  int opened = avformat_open_input(&context_, nullptr, nullptr, &options);
  av_dict_free(&options);
  // A header needs next to no memory: where there was too little, a damaged one asked for it.
  if (opened == AVERROR(ENOMEM)) opened = AVERROR_INVALIDDATA;
  av_check(opened, error_kind::bad_input, "not a GIF, PNG, JPEG, MP4 or WebM file");
}

void av_input::open_decoder() {
  av_check(avformat_find_stream_info(context_, nullptr), error_kind::bad_input, "reading the streams");
  const AVCodec* codec = nullptr;
  const int index = av_find_best_stream(context_, AVMEDIA_TYPE_VIDEO, -1, -1, &codec, 0);
  av_check(index, error_kind::bad_input, "no picture in the file");
  stream_ = context_->streams[index];
  const AVCodecParameters* parameters = stream_->codecpar;
  ZT_CHECK(parameters->width <= max_image_side && parameters->height <= max_image_side, bad_input,
           "a picture of ", parameters->width, " x ", parameters->height, "; sides may go up to ",
           max_image_side);
  decoder_.reset(av_check(avcodec_alloc_context3(codec), "a decoder"));
  av_check(avcodec_parameters_to_context(decoder_.get(), parameters), error_kind::bad_input,
           "reading the stream");
  decoder_->max_pixels = max_image_pixels;
  decoder_->thread_count = 1;
  decoder_->pkt_timebase = stream_->time_base;
  decoder_->err_recognition = AV_EF_CRCCHECK | AV_EF_BUFFER | AV_EF_EXPLODE;  // a damaged picture is an error
  AVDictionary* options = nullptr;
  av_dict_set(&options, "codec_whitelist", codecs, 0);
  const int opened = avcodec_open2(decoder_.get(), codec, &options);
  av_dict_free(&options);
  av_check(opened, error_kind::bad_input, "opening the decoder");
}

bool av_input::is_still() const {
  const std::string name = context_->iformat->name;
  return name == "png_pipe" || name == "jpeg_pipe";
}

bool av_input::is_gif() const { return std::string_view(context_->iformat->name) == "gif"; }

bool av_input::read(AVPacket* packet) {
  while (true) {
    const int code = av_read_frame(context_, packet);
    if (code == AVERROR_EOF) return false;
    av_check(code, error_kind::bad_input, "reading a frame");
    if (packet->stream_index == stream_->index) return true;
    av_packet_unref(packet);
  }
}

void av_input::close() {
  decoder_.reset();
  avformat_close_input(&context_);
  if (io_) av_freep(&io_->buffer);
  avio_context_free(&io_);
  if (descriptor_ >= 0) ::close(descriptor_);
}

}  // namespace zoetrope
