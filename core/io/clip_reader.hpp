// Clips that somebody gives: a GIF, MP4 or WebM, a folder of numbered pictures, or one picture.
#pragma once

#include <filesystem>

#include "core/io/video.hpp"

namespace zoetrope {

/// Like read_video, but frame_ms of a GIF are what the file says, 0 included; from a folder its .png, .jpg
/// and .jpeg files with numbers in their natural order (frame2 before frame10), frame_ms 0; other files in it
/// are not looked at. error{bad_input} names the file: not there, not a picture, of another size than the
/// first, a folder without pictures.
timed_frames read_clip(const std::filesystem::path& path, std::size_t max_frames = 4096);

/// The pictures of a folder in their order; error{bad_input} as read_clip's.
std::vector<std::filesystem::path> pictures_in(const std::filesystem::path& folder,
                                               std::size_t max_frames = 4096);
/// One frame a file; all are read and compared even where only the first is to be kept. error{bad_input} as
/// read_clip's.
rgb_frames read_pictures(const std::vector<std::filesystem::path>& files, bool keep_all = true);
/// inspect_video with a GIF's own frame_ms.
timed_frames inspect_clip(const std::filesystem::path& file);

/// True for a file that starts as a GIF does.
bool is_gif(const std::filesystem::path& file);

/// The frames at `indices` of `clip`.
rgb_frames frames_at(const rgb_frames& clip, const std::vector<std::size_t>& indices);

}  // namespace zoetrope
