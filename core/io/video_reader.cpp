// See video.hpp: decodes every frame and tells how long each is shown.
#include <algorithm>

extern "C" {
#include <libavutil/imgutils.h>
}

#include "core/io/av_input.hpp"
#include "core/io/frame_converter.hpp"
#include "core/io/gif_blocks.hpp"

namespace zoetrope {
namespace {

constexpr int64_t max_clip_bytes = int64_t{4} << 30;

yuv_coding coding_of(const AVFrame* frame) {
  yuv_coding coding;
  const bool high_definition = frame->height > 576;  // what players assume of an untagged file
  switch (frame->colorspace) {
    case AVCOL_SPC_BT709:
      coding.matrix = SWS_CS_ITU709;
      break;
    case AVCOL_SPC_BT2020_NCL:
      coding.matrix = SWS_CS_BT2020;
      break;
    case AVCOL_SPC_UNSPECIFIED:
      coding.matrix = high_definition ? SWS_CS_ITU709 : SWS_CS_ITU601;
      break;
    default:
      coding.matrix = SWS_CS_ITU601;
  }
  coding.full_range = frame->color_range == AVCOL_RANGE_JPEG;
  return coding;
}

// Which frames are kept: all, or rising indices, of which decoding need not go beyond the last.
struct wanted_frames {
  std::size_t max_frames = 0;
  const std::vector<std::size_t>* only = nullptr;
  bool to_the_end = true;
};

class frame_collector {
 public:
  explicit frame_collector(const wanted_frames& wanted) : wanted_(wanted) {}
  rgb_frames clip;
  std::vector<int64_t> times;

  bool done() const {
    return !wanted_.to_the_end && !wanted_.only->empty() && times.size() > wanted_.only->back();
  }

  void add(const AVFrame* frame) {
    ZT_CHECK(times.size() < wanted_.max_frames, bad_input, "more than ", wanted_.max_frames, " frames");
    if (times.empty()) {
      clip.width = frame->width;
      clip.height = frame->height;
    }
    ZT_CHECK(frame->width == clip.width && frame->height == clip.height, bad_input, "frame ", times.size(),
             " is ", frame->width, " x ", frame->height, ", those before are ", clip.width, " x ",
             clip.height);
    const std::size_t index = times.size();
    times.push_back(frame->best_effort_timestamp);
    if (!wanted_.only || std::binary_search(wanted_.only->begin(), wanted_.only->end(), index)) keep(frame);
  }

 private:
  void keep(const AVFrame* frame) {
    const int64_t bytes = int64_t{3} * clip.width * clip.height;
    ZT_CHECK(bytes * static_cast<int64_t>(clip.frames.size() + 1) <= max_clip_bytes, bad_input, "more than ",
             max_clip_bytes, " bytes of pictures");
    const av_ptr<AVFrame> rgb = to_rgb_.convert(frame, coding_of(frame));
    std::vector<uint8_t>& pixels = clip.frames.emplace_back(static_cast<std::size_t>(bytes));
    av_image_copy_plane(pixels.data(), clip.width * 3, rgb->data[0], rgb->linesize[0], clip.width * 3,
                        clip.height);
  }

  wanted_frames wanted_;
  frame_converter to_rgb_{AV_PIX_FMT_RGB24};
};

void decode(AVCodecContext* decoder, const AVPacket* packet, frame_collector& frames) {
  av_check(avcodec_send_packet(decoder, packet), error_kind::bad_input, "decoding a frame");
  const av_ptr<AVFrame> frame = make_av_frame();
  while (!frames.done()) {
    const int code = avcodec_receive_frame(decoder, frame.get());
    if (code == AVERROR(EAGAIN) || code == AVERROR_EOF) return;
    av_check(code, error_kind::bad_input, "decoding a frame");
    frames.add(frame.get());
    av_frame_unref(frame.get());
  }
}

// A frame lasts until the next one begins, the last one as long as its packet says.
std::vector<double> durations_ms(const std::vector<int64_t>& times, int64_t end, AVRational time_base) {
  std::vector<double> durations;
  for (std::size_t i = 0; i < times.size(); ++i) {
    const int64_t next = i + 1 < times.size() ? times[i + 1] : end;
    const bool known = times[i] != AV_NOPTS_VALUE && next != AV_NOPTS_VALUE && next > times[i];
    durations.push_back(known ? 1000.0 * static_cast<double>(next - times[i]) * av_q2d(time_base) : 0);
  }
  return durations;
}

media_metadata metadata_of(const AVDictionary* dictionary) {
  media_metadata metadata;
  const AVDictionaryEntry* entry = nullptr;
  while ((entry = av_dict_get(dictionary, "", entry, AV_DICT_IGNORE_SUFFIX)))
    metadata.emplace_back(entry->key, entry->value);
  return metadata;
}

timed_frames read_frames(const std::filesystem::path& file, const wanted_frames& wanted) {
  av_input input(file);
  if (wanted.to_the_end && input.is_gif()) check_gif_is_whole(file);
  frame_collector frames(wanted);
  const av_ptr<AVPacket> packet(av_check(av_packet_alloc(), "a packet"));
  int64_t end = AV_NOPTS_VALUE;
  while (!frames.done() && input.read(packet.get())) {
    if (packet->pts != AV_NOPTS_VALUE && packet->duration >= 0 && packet->pts < INT64_MAX - packet->duration)
      end = std::max(end, packet->pts + packet->duration);
    decode(input.decoder(), packet.get(), frames);
    av_packet_unref(packet.get());
  }
  if (!frames.done()) decode(input.decoder(), nullptr, frames);
  ZT_CHECK(!frames.times.empty(), bad_input, "no picture could be decoded");
  timed_frames out;
  out.frame_ms = input.is_still() ? std::vector<double>(frames.times.size(), 0.0)
                                  : durations_ms(frames.times, end, input.stream()->time_base);
  out.clip = std::move(frames.clip);
  out.metadata = metadata_of(input.container()->metadata);
  return out;
}

}  // namespace

timed_frames read_video(const std::filesystem::path& file, std::size_t max_frames) {
  return in_context(printable(file.string()), [&] { return read_frames(file, {max_frames}); });
}

timed_frames inspect_video(const std::filesystem::path& file, std::size_t max_frames) {
  const std::vector<std::size_t> first{0};
  return in_context(printable(file.string()), [&] { return read_frames(file, {max_frames, &first, true}); });
}

rgb_frames read_video_frames(const std::filesystem::path& file, const std::vector<std::size_t>& indices) {
  ZT_CHECK(!indices.empty() && std::is_sorted(indices.begin(), indices.end(), std::less_equal<>()), usage,
           "the frames that are asked do not rise");
  return in_context(printable(file.string()), [&] {
    rgb_frames kept = read_frames(file, {indices.back() + 1, &indices, false}).clip;
    ZT_CHECK(kept.frames.size() == indices.size(), bad_input, "frame ", indices.back(),
             " is asked, it has fewer");
    return kept;
  });
}

std::string media_decoder_version() {
  const auto version = [](unsigned number) {
    return concat(AV_VERSION_MAJOR(number), ".", AV_VERSION_MINOR(number), ".", AV_VERSION_MICRO(number));
  };
  return concat("libavcodec ", version(avcodec_version()), ", libswscale ", version(swscale_version()));
}

rgb_image read_image(const std::filesystem::path& file) {
  timed_frames read = read_video(file, 1);
  return {read.clip.width, read.clip.height, std::move(read.clip.frames[0])};
}

}  // namespace zoetrope
