// Which files are clips, and which clip of another folder belongs to each.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

namespace zoetrope {

struct clip_file {
  std::string name;            ///< file or folder name without its ending
  std::filesystem::path path;  ///< for read_clip
};

/// What `path` stands for: a file is a clip; a folder with GIF, MP4, WebM, MOV or MKV files, or with folders
/// of pictures, holds one clip each (in natural order, nothing deeper); a folder of pictures alone is one
/// clip. error{bad_input} where there is none of these.
std::vector<clip_file> clips_in(const std::filesystem::path& path);

/// The one of that name, or the only one where there is but one of each; null where none belongs to it.
const clip_file* partner_of(const clip_file& clip, const std::vector<clip_file>& clips,
                            const std::vector<clip_file>& references);

}  // namespace zoetrope
