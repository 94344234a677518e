// GIF through libavfilter and libavformat in two passes: palettegen looks at all frames and makes one palette
// of 256 colours, paletteuse maps the frames onto it. One graph for both would be shorter, but holds every
// frame as RGBA until the last one has been seen, and the tables of both filters (16 MiB each) at a time.
#include "core/io/av_muxer.hpp"
#include "core/io/frame_writers.hpp"

extern "C" {
#include <libavfilter/buffersink.h>
#include <libavfilter/buffersrc.h>
}

namespace zoetrope {
namespace {

constexpr AVRational centisecond{1, 100};

// One filter between the sources of its inputs and a sink.
class filter_graph {
 public:
  filter_graph(const char* filter, const std::string& arguments)
      : graph_(av_check(avfilter_graph_alloc(), "a filter graph")), filter_(add(filter, arguments)) {
    avfilter_graph_set_auto_convert(graph_.get(), AVFILTER_AUTO_CONVERT_ALL);
    graph_->nb_threads = 1;
  }

  /// The next input takes pictures of this size and format.
  void add_source(int width, int height, AVPixelFormat format) {
    sources_.push_back(add("buffer", concat("video_size=", width, "x", height, ":pix_fmt=",
                                            static_cast<int>(format), ":time_base=1/100:pixel_aspect=1/1")));
    link(sources_.back(), filter_, static_cast<unsigned>(sources_.size() - 1));
  }
  void begin() {
    sink_ = add("buffersink", "");
    link(filter_, sink_, 0);
    av_check(avfilter_graph_config(graph_.get(), nullptr), error_kind::runtime,
             "making the GIF palette filters");
  }

  /// Null: no more.
  void put(std::size_t source, AVFrame* frame) {
    av_check(av_buffersrc_add_frame(sources_[source], frame), error_kind::runtime, "feeding the GIF filters");
  }
  /// False if there is none before more is put.
  bool get(AVFrame* frame) {
    const int code = av_buffersink_get_frame(sink_, frame);
    if (code == AVERROR_EOF || code == AVERROR(EAGAIN)) return false;
    av_check(code, error_kind::runtime, "mapping frames to the GIF palette");
    return true;
  }

 private:
  AVFilterContext* add(const char* filter, const std::string& arguments) {
    const AVFilter* found = avfilter_get_by_name(filter);
    ZT_CHECK(found, runtime, "this libavfilter has no ", filter, ", which GIF output needs");
    AVFilterContext* made = nullptr;
    av_check(avfilter_graph_create_filter(&made, found, filter, arguments.c_str(), nullptr, graph_.get()),
             error_kind::runtime, concat("libavfilter ", filter));
    return made;
  }
  void link(AVFilterContext* from, AVFilterContext* to, unsigned input) {
    av_check(avfilter_link(from, 0, to, input), error_kind::runtime, "joining the GIF palette filters");
  }

  av_ptr<AVFilterGraph> graph_;
  AVFilterContext* filter_;  // these are owned by the graph
  std::vector<AVFilterContext*> sources_;
  AVFilterContext* sink_ = nullptr;
};

av_ptr<AVFrame> palette_of(const rgb_frames& clip) {
  filter_graph generate("palettegen", "stats_mode=full:reserve_transparent=0");
  generate.add_source(clip.width, clip.height, AV_PIX_FMT_RGB24);
  generate.begin();
  av_ptr<AVFrame> palette = make_av_frame();
  for (std::size_t i = 0; i < clip.frames.size(); ++i) {
    generate.put(0, rgb24_av_frame(clip, i, static_cast<int64_t>(i)).get());
    generate.get(palette.get());  // nothing yet, but the frame is looked at and given back
  }
  generate.put(0, nullptr);
  ZT_CHECK(generate.get(palette.get()), runtime, "libavfilter made no GIF palette");
  return palette;
}

av_ptr<AVCodecContext> open_gif_encoder(const rgb_frames& clip) {
  const AVCodec* codec = avcodec_find_encoder(AV_CODEC_ID_GIF);
  ZT_CHECK(codec, runtime, "this libavcodec has no GIF encoder");
  av_ptr<AVCodecContext> encoder(av_check(avcodec_alloc_context3(codec), "the GIF encoder"));
  encoder->width = clip.width;
  encoder->height = clip.height;
  encoder->pix_fmt = AV_PIX_FMT_PAL8;
  encoder->time_base = centisecond;
  encoder->thread_count = 1;
  av_check(avcodec_open2(encoder.get(), codec, nullptr), error_kind::runtime, "opening the GIF encoder");
  return encoder;
}

}  // namespace

std::vector<std::byte> gif_bytes(const rgb_frames& clip, const std::vector<int>& delays, gif_dither dither) {
  quiet_av_log();
  const av_ptr<AVFrame> palette = palette_of(clip);
  filter_graph use("paletteuse", dither == gif_dither::none ? "dither=none" : "dither=bayer:bayer_scale=4");
  use.add_source(clip.width, clip.height, AV_PIX_FMT_RGB24);
  use.add_source(palette->width, palette->height, static_cast<AVPixelFormat>(palette->format));
  use.begin();
  use.put(1, palette.get());
  use.put(1, nullptr);

  av_muxer muxer("gif", {});
  muxer.set("loop", "0");  // for ever
  muxer.set("final_delay", std::to_string(delays.back()));
  const av_ptr<AVCodecContext> encoder = open_gif_encoder(clip);
  muxer.begin(encoder.get());
  const auto take = [&](AVPacket* packet) { muxer.write(packet); };
  const av_ptr<AVFrame> mapped = make_av_frame();
  std::size_t count = 0;
  const auto encode_mapped = [&] {
    for (; use.get(mapped.get()); ++count) {
      encode_frame(encoder.get(), mapped.get(), take);
      av_frame_unref(mapped.get());
    }
  };
  int64_t begin = 0;
  for (std::size_t i = 0; i < clip.frames.size(); begin += delays[i++]) {
    use.put(0, rgb24_av_frame(clip, i, begin).get());
    encode_mapped();
  }
  use.put(0, nullptr);
  encode_mapped();
  ZT_CHECK(count == clip.frames.size(), runtime, "libavfilter gave ", count, " GIF frames for ",
           clip.frames.size());
  encode_frame(encoder.get(), nullptr, take);
  return muxer.end();
}

}  // namespace zoetrope
