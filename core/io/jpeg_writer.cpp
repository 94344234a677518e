// JPEG through libavcodec's mjpeg encoder (baseline, 4:2:0, full range, as JFIF wants it).
#include <algorithm>
#include <cmath>

#include "core/io/atomic_file.hpp"
#include "core/io/frame_converter.hpp"
#include "core/io/frame_writers.hpp"

namespace zoetrope {
namespace {

av_ptr<AVCodecContext> open_encoder(const rgb_image& image, int quality) {
  const AVCodec* codec = avcodec_find_encoder(AV_CODEC_ID_MJPEG);
  ZT_CHECK(codec, runtime, "this libavcodec has no JPEG encoder");
  av_ptr<AVCodecContext> encoder(av_check(avcodec_alloc_context3(codec), "the JPEG encoder"));
  encoder->width = image.width;
  encoder->height = image.height;
  encoder->pix_fmt = AV_PIX_FMT_YUVJ420P;
  encoder->color_range = AVCOL_RANGE_JPEG;
  encoder->time_base = {1, 1};
  encoder->thread_count = 1;
  // libjpeg scales the standard tables by this percentage, mjpeg by eighths.
  const double percent = quality < 50 ? 5000.0 / quality : 200.0 - 2.0 * quality;
  const int scale = std::clamp(static_cast<int>(std::lround(percent * 8 / 100)), 1, 31);
  encoder->flags |= AV_CODEC_FLAG_QSCALE | AV_CODEC_FLAG_BITEXACT;
  encoder->qmin = encoder->qmax = scale;
  encoder->global_quality = FF_QP2LAMBDA * scale;
  av_check(avcodec_open2(encoder.get(), codec, nullptr), error_kind::runtime, "opening the JPEG encoder");
  return encoder;
}

}  // namespace

std::vector<std::byte> jpeg_bytes(const rgb_image& image, int quality) {
  quiet_av_log();
  const av_ptr<AVFrame> rgb = rgb24_av_frame({image.width, image.height, {image.pixels}}, 0, 0);
  frame_converter to_yuv(AV_PIX_FMT_YUVJ420P, {SWS_CS_ITU601, true});
  const av_ptr<AVFrame> frame = to_yuv.convert(rgb.get());
  const av_ptr<AVCodecContext> encoder = open_encoder(image, quality);
  frame->quality = encoder->global_quality;
  std::vector<std::byte> bytes;
  const auto take = [&](const AVPacket* packet) {
    const auto* data = reinterpret_cast<const std::byte*>(packet->data);
    bytes.insert(bytes.end(), data, data + packet->size);
  };
  encode_frame(encoder.get(), frame.get(), take);
  encode_frame(encoder.get(), nullptr, take);
  return bytes;
}

void write_jpeg(const std::filesystem::path& file, const rgb_image& image, int quality) {
  check_image(image.width, image.height, image.pixels.size(), "the picture");
  ZT_CHECK(quality >= 1 && quality <= 100, usage, "JPEG quality ", quality, "; wanted 1 to 100");
  atomic_file out(file);
  out.write(jpeg_bytes(image, quality));
  out.commit();
}

}  // namespace zoetrope
