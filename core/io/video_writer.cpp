// See video.hpp: which writer an extension means, timing, and what must hold before a byte is written.
#include <algorithm>
#include <array>
#include <deque>

#include "core/error.hpp"
#include "core/io/atomic_file.hpp"
#include "core/io/frame_writers.hpp"
#include "core/io/media_names.hpp"
#include "core/io/video.hpp"

namespace zoetrope {

namespace fs = std::filesystem;

void check_frames(const rgb_frames& clip) {
  ZT_CHECK(!clip.frames.empty(), usage, "a clip without frames cannot be written");
  for (std::size_t i = 0; i < clip.frames.size(); ++i)
    check_image(clip.width, clip.height, clip.frames[i].size(), concat("frame ", i));
}

rgb_frames enlarge(const rgb_frames& clip, int n) {
  check_frames(clip);
  rgb_frames out{clip.width * n, clip.height * n, {}};
  for (const std::vector<uint8_t>& frame : clip.frames)
    out.frames.push_back(enlarge(rgb_image{clip.width, clip.height, frame}, n).pixels);
  return out;
}

std::vector<int> gif_delays(std::size_t frames, int64_t duration_ms, bool equal) {
  ZT_CHECK(frames > 0 && duration_ms > 0 && duration_ms / 10 <= int64_t{65535} * static_cast<int64_t>(frames),
           usage, "a GIF of ", frames, " frames cannot last ", duration_ms, " ms");
  const int64_t count = static_cast<int64_t>(frames), total = (duration_ms + 5) / 10;
  std::vector<int> delays;
  for (int64_t i = 0; i < count; ++i)
    delays.push_back(
        static_cast<int>(equal ? duration_ms / count / 10 : (i + 1) * total / count - i * total / count));
  ZT_CHECK(*std::min_element(delays.begin(), delays.end()) > 0, usage, frames, " frames in ", duration_ms,
           " ms is more than the 100 a second that a GIF can tell; use MP4 or a longer duration");
  return delays;
}

namespace {

enum class video_format { gif, mp4, png, jpeg };

video_format format_of(const fs::path& file) {
  const std::string extension = ending_of(file);
  static const std::array<std::pair<const char*, video_format>, 5> known{{{".gif", video_format::gif},
                                                                          {".mp4", video_format::mp4},
                                                                          {".png", video_format::png},
                                                                          {".jpg", video_format::jpeg},
                                                                          {".jpeg", video_format::jpeg}}};
  for (const auto& [name, format] : known)
    if (extension == name) return format;
  throw error(error_kind::usage,
              concat("output ", printable(file.string()), ": the extension '", printable(extension),
                     "' is not known; known are .gif, .mp4, .png, .jpg, .jpeg"));
}

std::vector<fs::path> png_names(const fs::path& file, std::size_t frames) {
  if (frames == 1) return {file};
  std::vector<fs::path> names;
  for (std::size_t i = 0; i < frames; ++i) {
    const std::string number = std::to_string(i);
    fs::path name = file;
    name.replace_filename(file.stem().string() + "-" +
                          std::string(number.size() < 4 ? 4 - number.size() : 0, '0') + number +
                          file.extension().string());
    names.push_back(name);
  }
  return names;
}

void write_pngs(const std::vector<fs::path>& names, const rgb_frames& clip, const media_metadata& metadata) {
  std::deque<atomic_file> files;
  for (std::size_t i = 0; i < names.size(); ++i)
    files.emplace_back(names[i]).write(png_bytes(clip.width, clip.height, clip.frames[i], metadata));
  for (atomic_file& file : files) file.commit();
}

void check_options(const rgb_frames& clip, const video_options& options) {
  check_frames(clip);
  ZT_CHECK(options.duration_ms > 0 && options.duration_ms <= 86'400'000, usage, "a duration of ",
           options.duration_ms, " ms; wanted 1 to 86400000");
  ZT_CHECK(options.mp4_crf >= 0 && options.mp4_crf <= 51, usage, "mp4_crf is ", options.mp4_crf,
           "; wanted 0 to 51");
}

}  // namespace

void check_video_path(const fs::path& file, std::size_t frames) {
  ZT_CHECK(format_of(file) != video_format::jpeg || frames == 1, usage, "output ", printable(file.string()),
           ": a JPEG holds one frame, the clip has ", frames);
  const atomic_file probe(png_names(file, format_of(file) == video_format::png ? frames : 1).front());
}

std::vector<fs::path> write_video(const fs::path& file, const rgb_frames& clip,
                                  const video_options& options) {
  check_options(clip, options);
  const video_format format = format_of(file);
  return in_context("output " + printable(file.string()), [&]() -> std::vector<fs::path> {
    switch (format) {
      case video_format::png: {
        const std::vector<fs::path> names = png_names(file, clip.frames.size());
        write_pngs(names, clip, options.metadata);
        return names;
      }
      case video_format::jpeg:
        ZT_CHECK(clip.frames.size() == 1, usage, "a JPEG holds one frame, the clip has ", clip.frames.size());
        write_jpeg(file, {clip.width, clip.height, clip.frames[0]}, options.jpeg_quality);
        return {file};
      case video_format::gif: {
        atomic_file out(file);
        const auto delays = gif_delays(clip.frames.size(), options.duration_ms, options.equal_gif_delays);
        out.write(gif_bytes(clip, delays, options.dither));
        out.commit();
        return {file};
      }
      case video_format::mp4: {
        atomic_file out(file);
        write_mp4_file(out.part_path(), clip, options);
        out.commit();
        return {file};
      }
    }
    return {};
  });
}

}  // namespace zoetrope
