// MP4 through libavcodec and libavformat: H.264 where there is an encoder for it, else MPEG-4 part 2; 4:2:0
// in BT.709 limited range, and tagged as such, so that players show the colours that were meant.
#include <algorithm>

#include "core/io/av_muxer.hpp"
#include "core/io/frame_converter.hpp"
#include "core/io/frame_writers.hpp"

extern "C" {
#include <libavutil/opt.h>
}

namespace zoetrope {
namespace {

const AVCodec* find_encoder() {
  for (const char* name : {"libx264", "libopenh264", "mpeg4"})
    if (const AVCodec* codec = avcodec_find_encoder_by_name(name)) return codec;
  throw error(error_kind::runtime, "this libavcodec has no H.264 or MPEG-4 encoder");
}

av_ptr<AVCodecContext> open_encoder(const rgb_frames& clip, const video_options& options,
                                    bool global_header) {
  const AVCodec* codec = find_encoder();
  av_ptr<AVCodecContext> encoder(av_check(avcodec_alloc_context3(codec), "the MP4 encoder"));
  encoder->width = (clip.width + 1) / 2 * 2;
  encoder->height = (clip.height + 1) / 2 * 2;
  encoder->pix_fmt = AV_PIX_FMT_YUV420P;
  // A frame lasts exactly duration / frames seconds.
  av_reduce(&encoder->time_base.num, &encoder->time_base.den, options.duration_ms,
            static_cast<int64_t>(clip.frames.size()) * 1000, 1 << 30);
  encoder->framerate = av_inv_q(encoder->time_base);
  encoder->colorspace = AVCOL_SPC_BT709;
  encoder->color_primaries = AVCOL_PRI_BT709;
  encoder->color_trc = AVCOL_TRC_BT709;
  encoder->color_range = AVCOL_RANGE_MPEG;
  encoder->thread_count = 1;  // x264's bytes depend on the number of threads
  encoder->flags |= AV_CODEC_FLAG_BITEXACT;
  if (global_header) encoder->flags |= AV_CODEC_FLAG_GLOBAL_HEADER;
  if (encoder->priv_data && av_opt_find(encoder->priv_data, "crf", nullptr, 0, 0)) {
    av_opt_set_double(encoder->priv_data, "crf", options.mp4_crf, 0);
  } else {
    encoder->flags |= AV_CODEC_FLAG_QSCALE;
    encoder->global_quality = FF_QP2LAMBDA * std::max(1, options.mp4_crf * 31 / 51);
    encoder->bit_rate = int64_t{8} * encoder->width * encoder->height;  // for encoders that only know a rate
  }
  av_check(avcodec_open2(encoder.get(), codec, nullptr), error_kind::runtime,
           concat("opening the encoder ", codec->name));
  return encoder;
}

// Odd sides get their last column or row twice.
rgb_frames padded_to_even(const rgb_frames& clip, std::size_t index) {
  rgb_frames out{(clip.width + 1) / 2 * 2, (clip.height + 1) / 2 * 2, {{}}};
  const std::vector<uint8_t>& in = clip.frames[index];
  std::vector<uint8_t>& pixels = out.frames[0];
  for (int y = 0; y < out.height; ++y) {
    const auto row = in.begin() + static_cast<std::ptrdiff_t>(std::min(y, clip.height - 1)) * clip.width * 3;
    pixels.insert(pixels.end(), row, row + clip.width * 3);
    if (out.width > clip.width) pixels.insert(pixels.end(), row + (clip.width - 1) * 3, row + clip.width * 3);
  }
  return out;
}

}  // namespace

void write_mp4_file(const std::filesystem::path& part, const rgb_frames& clip, const video_options& options) {
  quiet_av_log();
  av_muxer muxer("mp4", part);
  muxer.set("movflags", "+faststart+use_metadata_tags");
  muxer.set_metadata(options.metadata);
  const av_ptr<AVCodecContext> encoder = open_encoder(clip, options, muxer.wants_global_header());
  frame_converter to_yuv(AV_PIX_FMT_YUV420P, {SWS_CS_ITU709, false});
  muxer.begin(encoder.get());
  const auto take = [&](AVPacket* packet) {
    packet->duration = 1;  // of the encoder's time base: one frame
    muxer.write(packet);
  };
  for (std::size_t i = 0; i < clip.frames.size(); ++i) {
    const av_ptr<AVFrame> rgb = rgb24_av_frame(padded_to_even(clip, i), 0, static_cast<int64_t>(i));
    encode_frame(encoder.get(), to_yuv.convert(rgb.get()).get(), take);
  }
  encode_frame(encoder.get(), nullptr, take);
  muxer.end();
}

}  // namespace zoetrope
