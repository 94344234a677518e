// See clip_files.hpp.
#include "eval/clip_files.hpp"

#include <algorithm>

#include "core/error.hpp"
#include "core/io/media_names.hpp"

namespace zoetrope {
namespace {

namespace fs = std::filesystem;

bool holds_pictures(const fs::path& folder) {
  return !entries_of(folder, [](const auto& entry) { return is_picture(entry); }).empty();
}

bool is_clip(const fs::directory_entry& entry) {
  return entry.is_directory() ? holds_pictures(entry) : is_video(entry);
}

clip_file named(const fs::path& path) {
  const fs::path whole = fs::is_directory(path) ? fs::canonical(path).filename() : path.stem();
  return {whole.string(), path};
}

}  // namespace

std::vector<clip_file> clips_in(const fs::path& path) {
  ZT_CHECK(fs::exists(path), bad_input, printable(path.string()), ": no such file or folder");
  if (!fs::is_directory(path)) return {named(path)};
  std::vector<clip_file> clips;
  for (const fs::path& entry : entries_of(path, is_clip)) clips.push_back(named(entry));
  if (clips.empty() && holds_pictures(path)) clips.push_back(named(path));
  ZT_CHECK(!clips.empty(), bad_input, printable(path.string()),
           ": no clips (a GIF, MP4, WebM, MOV or MKV file, or a folder of numbered pictures)");
  return clips;
}

const clip_file* partner_of(const clip_file& clip, const std::vector<clip_file>& clips,
                            const std::vector<clip_file>& references) {
  if (clips.size() == 1 && references.size() == 1) return &references.front();
  const auto found = std::find_if(references.begin(), references.end(),
                                  [&](const clip_file& reference) { return reference.name == clip.name; });
  return found == references.end() ? nullptr : &*found;
}

}  // namespace zoetrope
