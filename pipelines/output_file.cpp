// See output_file.hpp.
#include "pipelines/output_file.hpp"

#include <ATen/ATen.h>

#include <algorithm>

#include "core/io/atomic_file.hpp"
#include "core/io/atomic_folder.hpp"
#include "core/io/media_names.hpp"

namespace zoetrope {

namespace fs = std::filesystem;

namespace {

void write_by_ending(const fs::path& path, const rgb_frames& clip, const video_options& options) {
  write_video(path, clip, options);
}

void write_picture(const fs::path& path, const rgb_frames& clip, const video_options& options) {
  write_jpeg(path, {clip.width, clip.height, clip.frames.at(0)}, options.jpeg_quality);
}

fs::path without_slash(const fs::path& folder) {
  return folder.has_filename() ? folder : folder.parent_path();
}

void write_folder(const fs::path& path, const rgb_frames& clip, const video_options& options) {
  atomic_folder folder(path);
  write_video(folder.part_path() / "frame.png", clip, options);
  folder.commit();
}

}  // namespace

const registry<output_writer>& output_formats() {
  static const registry<output_writer> table(
      "output format", {{"gif", write_by_ending, "loops for ever, 256 colours, no metadata"},
                        {"mp4", write_by_ending, "H.264"},
                        {"png", write_by_ending, "one frame; of more, NAME-0000.png, NAME-0001.png, …"},
                        {"jpg", write_picture, "one frame, quality 95, no metadata"},
                        {"folder", write_folder, "a path that ends in /: a new folder of numbered PNGs"}});
  return table;
}

std::string output_format(const fs::path& path, int64_t frames, bool compat_hotshot) {
  if (!path.has_filename() || fs::is_directory(path)) return "folder";
  const std::string ending = ending_of(path);
  if (ending == ".safetensors") return "safetensors";
  if (compat_hotshot && frames == 1) return "jpg";
  const std::string name = ending == ".jpeg" ? "jpg" : ending.empty() ? "" : ending.substr(1);
  const auto known = output_formats().names();
  ZT_CHECK(name != "folder" && std::find(known.begin(), known.end(), name) != known.end(), usage,
           "--output: ", path.string(),
           ": the ending must be .gif, .mp4, .png, .jpg or .safetensors, or a / for a folder of PNGs");
  ZT_CHECK(name != "jpg" || frames == 1, usage, "--output: ", path.string(), " holds one picture, not ",
           frames, ": take .gif, .mp4 or .png, or --video_length 1");
  return name;
}

std::vector<fs::path> output_paths(const fs::path& path, std::size_t count) {
  if (count == 1) return {path};
  const bool folder = !path.has_filename();
  const fs::path named = without_slash(path);
  std::vector<fs::path> paths;
  for (std::size_t index = 0; index < count; ++index) {
    const std::string name = concat(named.stem().string(), "-", index, named.extension().string());
    paths.push_back(named.parent_path() / (folder ? name + "/" : name));
  }
  return paths;
}

void check_writable(const fs::path& path, const std::string& format, int64_t frames) {
  const fs::path target = without_slash(path);
  // Opening is the only test that knows of permissions, quotas and read-only disks; uncommitted, it leaves
  // nothing.
  in_context("--output", [&] {
    if (target.has_parent_path()) make_folder(target.parent_path());
    if (format == "folder")
      atomic_folder{target};
    else if (format == "png")
      check_video_path(target, static_cast<std::size_t>(frames));
    else
      atomic_file{target};
  });
}

rgb_frames frames_of(const at::Tensor& video, int64_t index, bool cut_colours) {
  rgb_frames clip{static_cast<int>(video.size(4)), static_cast<int>(video.size(3)), {}};
  for (int64_t frame = 0; frame < video.size(2); ++frame) {
    at::Tensor picture = video[index].select(1, frame).permute({1, 2, 0}).mul(255);  // 3 h w -> h w 3
    if (!cut_colours) picture.round_();
    picture = picture.clamp_(0, 255).to(at::kByte).contiguous();
    const uint8_t* bytes = picture.const_data_ptr<uint8_t>();
    clip.frames.emplace_back(bytes, bytes + picture.numel());
  }
  return clip;
}

namespace {

// A GIF's two filters and its encoder, for a frame of so many pixels.
int64_t gif_bytes(int64_t pixels) {
  // What libavfilter's palettegen or paletteuse takes for itself (16 MiB of tables), and what comes into
  // memory of libav when it first works.
  constexpr int64_t filter = int64_t{21} << 20;
  // A pixel of the frame at work: three times as RGBA (as it comes, the one before it, and the one that is
  // mapped), twice as an index (the encoder keeps the frame before), and the encoder's packet.
  constexpr int64_t at_work = 3 * 4 + 2 + 2;
  return filter + at_work * pixels;
}

// x264, as measured from 4 to 24 frames of 1 and 4 megapixels: tables; the frames that others are predicted
// from, at four resolutions of half-pixels; and every frame that waits for its turn, with a quarter-size
// copy.
int64_t mp4_bytes(int64_t pixels, int64_t frames) {
  constexpr int64_t tables = int64_t{8} << 20, predicting = 20, waiting = 4, longest_queue = 45;
  return tables + (predicting + waiting * std::min(frames, longest_queue)) * pixels;
}

}  // namespace

int64_t writing_bytes(const std::string& format, int64_t frame_pixels, int64_t frames, int64_t scale) {
  if (format == "safetensors") return 0;
  const int64_t enlarged = frame_pixels * scale * scale;
  const int64_t clip = 3 * frames * (frame_pixels + enlarged);
  if (format == "gif") return clip + gif_bytes(enlarged);
  return format == "mp4" ? clip + mp4_bytes(enlarged, frames) : clip;
}

}  // namespace zoetrope
