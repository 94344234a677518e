// The writers behind write_video() and the image functions, one file a format. The frames are checked by the
// caller.
#pragma once

#include <cstddef>
#include <filesystem>
#include <span>
#include <vector>

#include "core/io/video.hpp"

namespace zoetrope {

/// A whole GIF, frame i shown for delays[i] centiseconds.
std::vector<std::byte> gif_bytes(const rgb_frames& clip, const std::vector<int>& delays, gif_dither dither);

/// A whole PNG of height x width x 3 bytes.
std::vector<std::byte> png_bytes(int width, int height, std::span<const uint8_t> pixels,
                                 const media_metadata& metadata);

/// A whole JPEG; `quality` as in write_jpeg().
std::vector<std::byte> jpeg_bytes(const rgb_image& image, int quality);

/// Writes to `part`, a file that may be there already.
void write_mp4_file(const std::filesystem::path& part, const rgb_frames& clip, const video_options& options);

}  // namespace zoetrope
