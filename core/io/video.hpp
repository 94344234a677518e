// Moving pictures: frames in memory; GIF, MP4, numbered PNG files and a single JPEG as files.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "core/io/image.hpp"

namespace zoetrope {

/// Frames of one size; each is height x width x 3 bytes of RGB, as in rgb_image.
struct rgb_frames {
  int width = 0, height = 0;
  std::vector<std::vector<uint8_t>> frames;
};

/// How colours are rendered that the 256 of a GIF's palette miss.
enum class gif_dither {
  none,  ///< nearest colour: flat areas stay flat, slow gradients may show bands
  bayer  ///< ordered pattern, the same in every frame, so that it does not crawl
};

struct video_options {
  int64_t duration_ms = 1000;  ///< of the whole clip
  /// Hotshot-XL's timing: every GIF frame lasts duration / frames, rounded down to a whole centisecond, so
  /// that the clip ends early. By default the delays alternate and add up to the duration.
  bool equal_gif_delays = false;
  gif_dither dither = gif_dither::bayer;
  int mp4_crf = 17;  ///< x264's constant rate factor: 0 lossless but for the colour conversion, 51 worst
  int jpeg_quality = 95;
  media_metadata metadata;  ///< stored in PNG and MP4 files (GIF and JPEG have no place that readers look at)
};

/// error{usage} unless there is a frame and all have the size that is told.
void check_frames(const rgb_frames& clip);

/// By the extension of `file`:
///   .gif        loops for ever, one palette of up to 256 colours for the clip
///   .mp4        H.264 4:2:0, BT.709, index in front; odd sides get their last row or column twice
///   .png        one frame: that file; more: name-0000.png, name-0001.png, …
///   .jpg .jpeg  one frame only
/// Returns the files that were written, each whole or not at all (nothing of a set of PNGs is renamed before
/// all are written). error{usage} for an unknown extension, bad frames or options; error{runtime} if the file
/// cannot be written or this libav lacks the encoder.
std::vector<std::filesystem::path> write_video(const std::filesystem::path& file, const rgb_frames& clip,
                                               const video_options& options = {});
/// error{usage} unless write_video() could write `frames` frames there; tells before a long run that its
/// output has no place. Writes nothing.
void check_video_path(const std::filesystem::path& file, std::size_t frames);

/// The centiseconds that each frame of a GIF lasts (see video_options); error{usage} if one would last none.
std::vector<int> gif_delays(std::size_t frames, int64_t duration_ms, bool equal);

/// nearest: each pixel becomes n x n.
rgb_frames enlarge(const rgb_frames& clip, int n);

struct timed_frames {
  rgb_frames clip;
  std::vector<double> frame_ms;  ///< how long each frame is shown; 0 for a still picture
  media_metadata metadata;       ///< what the container tells, in its order
};

/// The frames of a GIF, MP4, WebM, animated PNG, or the one of a PNG or JPEG; told apart by content. Never
/// opens another file, whatever the contents say. error{bad_input} for other formats, damaged files, a GIF
/// that is cut or not finished, frames of changing size, more than `max_frames`, or pictures over the limits
/// of image.hpp.
timed_frames read_video(const std::filesystem::path& file, std::size_t max_frames = 4096);

/// Decodes the whole file, so that it fails where read_video would, and keeps the first frame alone;
/// frame_ms tells of all.
timed_frames inspect_video(const std::filesystem::path& file, std::size_t max_frames = 1 << 20);
/// The frames at `indices`, which rise; decodes up to the last of them and holds no other. error{bad_input}
/// as read_video's, and where the file has fewer.
rgb_frames read_video_frames(const std::filesystem::path& file, const std::vector<std::size_t>& indices);
/// "libavcodec 59.37.100, …": what decodes and converts; another version may give other bytes.
std::string media_decoder_version();

}  // namespace zoetrope
