// Files that hold clips and pictures, told by their names, and the order in which those of a folder are taken.
#pragma once

#include <filesystem>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

namespace zoetrope {

/// ".gif" of "A.GIF": with its dot, in lower case; empty where there is none.
std::string ending_of(const std::filesystem::path& file);
/// .gif, .mp4, .webm, .mov or .mkv
bool is_video(const std::filesystem::path& file);
/// .png, .jpg or .jpeg
bool is_picture(const std::filesystem::path& file);

/// `a` before `b`, where runs of digits count as numbers.
bool naturally_before(std::string_view a, std::string_view b);

/// The folder's entries that `wanted` takes, in natural order; without hidden ones. error{bad_input} where
/// the folder cannot be read.
std::vector<std::filesystem::path> entries_of(
    const std::filesystem::path& folder,
    const std::function<bool(const std::filesystem::directory_entry&)>& wanted);

}  // namespace zoetrope
