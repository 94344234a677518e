// See clip_files.hpp.
#include "eval/clip_files.hpp"

#include <algorithm>
#include <cctype>
#include <set>

#include "core/error.hpp"
#include "core/io/clip_reader.hpp"

namespace zoetrope {
namespace {

namespace fs = std::filesystem;

bool ends_in(const fs::path& file, const std::set<std::string>& endings) {
  std::string ending = file.extension().string();
  for (char& c : ending) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  return endings.contains(ending) && !file.filename().string().starts_with(".");
}
bool is_video(const fs::path& file) { return ends_in(file, {".gif", ".mp4", ".webm", ".mov", ".mkv"}); }
bool is_picture(const fs::path& file) { return ends_in(file, {".png", ".jpg", ".jpeg"}); }

std::vector<fs::path> entries_of(const fs::path& folder) {
  std::error_code failure;
  std::vector<fs::path> entries;
  for (const auto& entry : fs::directory_iterator(folder, failure)) entries.push_back(entry.path());
  ZT_CHECK(!failure, bad_input, printable(folder.string()),
           ": the folder cannot be read: ", failure.message());
  std::sort(entries.begin(), entries.end(), [](const fs::path& a, const fs::path& b) {
    return naturally_before(a.filename().string(), b.filename().string());
  });
  return entries;
}

bool holds_pictures(const fs::path& folder) {
  const auto entries = entries_of(folder);
  return std::any_of(entries.begin(), entries.end(), is_picture);
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
  for (const fs::path& entry : entries_of(path))
    if (fs::is_directory(entry) ? holds_pictures(entry) : is_video(entry)) clips.push_back(named(entry));
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
