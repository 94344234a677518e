// Where a clip goes and in which format, decided by the ending of its path before anything is computed.
#pragma once

#include <ATen/core/Tensor.h>

#include <filesystem>
#include <string>
#include <vector>

#include "core/io/video.hpp"
#include "core/registry.hpp"

namespace zoetrope {

/// Writes a clip whole or not at all.
using output_writer = void (*)(const std::filesystem::path& path, const rgb_frames& clip,
                               const video_options& options);
/// gif, mp4, png, jpg, folder.
const registry<output_writer>& output_formats();

/// The format for a path: by its ending, `folder` for a trailing slash or an existing folder, or
/// `safetensors`, which is for latents. error{usage} for another ending, or one that cannot hold that many
/// frames. With `compat_hotshot` one frame is a JPEG whatever the ending.
std::string output_format(const std::filesystem::path& path, int64_t frames, bool compat_hotshot);

/// `clip.gif` for one clip; `clip-0.gif`, `clip-1.gif`, … for more.
std::vector<std::filesystem::path> output_paths(const std::filesystem::path& path, std::size_t count);

/// error{runtime} unless the output of so many frames could be written there; makes missing parent folders,
/// leaves no file behind.
void check_writable(const std::filesystem::path& path, const std::string& format, int64_t frames);

/// Clip `index` of b 3 f h w in [0, 1]. Colours are rounded, or cut as Hotshot-XL does.
rgb_frames frames_of(const at::Tensor& video, int64_t index, bool cut_colours);

/// What writing a clip takes beside the decoded clip, whose frames have `frame_pixels` pixels each: its 8-bit
/// frames, those enlarged by `scale`, and what a GIF's filters or an MP4's encoder need. The encoded bytes
/// are not in it.
int64_t writing_bytes(const std::string& format, int64_t frame_pixels, int64_t frames, int64_t scale);

}  // namespace zoetrope
