// GIF through libavfilter and libavformat: palettegen looks at all frames and makes one palette of 256
// colours, paletteuse maps the frames onto it.
#include "core/io/av_muxer.hpp"
#include "core/io/frame_writers.hpp"

extern "C" {
#include <libavfilter/buffersink.h>
#include <libavfilter/buffersrc.h>
}

namespace zoetrope {
namespace {

constexpr AVRational centisecond{1, 100};

class palette_graph {
 public:
  palette_graph(int width, int height, gif_dither dither)
      : graph_(av_check(avfilter_graph_alloc(), "a filter graph")) {
    avfilter_graph_set_auto_convert(graph_.get(), AVFILTER_AUTO_CONVERT_ALL);
    graph_->nb_threads = 1;
    const std::string source =
        concat("video_size=", width, "x", height, ":pix_fmt=", static_cast<int>(AV_PIX_FMT_RGB24),
               ":time_base=1/100:pixel_aspect=1/1");
    source_ = add("buffer", source);
    AVFilterContext* split = add("split", "2");
    AVFilterContext* generate = add("palettegen", "stats_mode=full:reserve_transparent=0");
    AVFilterContext* use =
        add("paletteuse", dither == gif_dither::none ? "dither=none" : "dither=bayer:bayer_scale=4");
    sink_ = add("buffersink", "");
    link(source_, 0, split, 0);
    link(split, 0, use, 0);
    link(split, 1, generate, 0);
    link(generate, 0, use, 1);
    link(use, 0, sink_, 0);
    av_check(avfilter_graph_config(graph_.get(), nullptr), error_kind::runtime,
             "making the GIF palette filters");
  }

  void put(AVFrame* frame) {
    av_check(av_buffersrc_add_frame(source_, frame), error_kind::runtime, "making the GIF palette");
  }
  /// False after the last frame.
  bool get(AVFrame* frame) {
    const int code = av_buffersink_get_frame(sink_, frame);
    if (code == AVERROR_EOF || code == AVERROR(EAGAIN)) return false;
    av_check(code, error_kind::runtime, "mapping a frame to the GIF palette");
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
  void link(AVFilterContext* from, unsigned output, AVFilterContext* to, unsigned input) {
    av_check(avfilter_link(from, output, to, input), error_kind::runtime, "joining the GIF palette filters");
  }

  av_ptr<AVFilterGraph> graph_;
  AVFilterContext *source_ = nullptr, *sink_ = nullptr;  // owned by the graph
};

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
  palette_graph graph(clip.width, clip.height, dither);
  int64_t begin = 0;
  for (std::size_t i = 0; i < clip.frames.size(); ++i) {
    graph.put(rgb24_av_frame(clip, i, begin).get());
    begin += delays[i];
  }
  graph.put(nullptr);

  av_muxer muxer("gif", {});
  muxer.set("loop", "0");  // for ever
  muxer.set("final_delay", std::to_string(delays.back()));
  const av_ptr<AVCodecContext> encoder = open_gif_encoder(clip);
  muxer.begin(encoder.get());
  const auto take = [&](AVPacket* packet) { muxer.write(packet); };
  const av_ptr<AVFrame> mapped = make_av_frame();
  std::size_t count = 0;
  for (; graph.get(mapped.get()); ++count) {
    encode_frame(encoder.get(), mapped.get(), take);
    av_frame_unref(mapped.get());
  }
  ZT_CHECK(count == clip.frames.size(), runtime, "libavfilter gave ", count, " GIF frames for ",
           clip.frames.size());
  encode_frame(encoder.get(), nullptr, take);
  return muxer.end();
}

}  // namespace zoetrope
