// See clip_files.hpp.
#include "eval/clip_files.hpp"

#include <algorithm>
#include <functional>
#include <map>
#include <set>

#include "core/error.hpp"
#include "core/io/clip_reader.hpp"
#include "core/io/media_names.hpp"

namespace zoetrope {
namespace {

namespace fs = std::filesystem;

bool is_result(const fs::path& file) {
  return ending_of(file) == ".h5" && file.stem().extension() != ".part";
}

bool holds_pictures(const fs::path& folder) {
  return !entries_of(folder, [](const auto& entry) { return is_picture(entry); }).empty();
}

bool is_clip(const fs::directory_entry& entry) {
  return entry.is_directory() ? holds_pictures(entry) : is_video(entry) || is_result(entry);
}

clip_file named(const fs::path& path) {
  const fs::path whole = fs::is_directory(path) ? fs::canonical(path).filename() : path.stem();
  return {whole.string(), path};
}

void add_results(std::vector<clip_file>& clips, const fs::path& path) {
  result_set read = read_results({path});
  ZT_CHECK(read.unreadable.empty(), bad_input, read.unreadable.front());
  for (stored_result& stored : read.cells) {
    if (stored.cell.failed()) continue;
    const fs::path name = stored.group.empty() ? path.stem() : fs::path(stored.group).filename();
    clips.push_back({name.string(), path, std::make_shared<const stored_result>(std::move(stored))});
  }
}

void add_file(std::vector<clip_file>& clips, const fs::path& path) {
  if (is_result(path))
    add_results(clips, path);
  else
    clips.push_back(named(path));
}

// Of the whole clip, as its generation was told; 0 where the result does not say.
double duration_ms(const json& config) {
  const json::json_pointer place("/generation/video_duration");
  return config.contains(place) && config.at(place).is_number() ? config.at(place).get<double>() : 0;
}

// A clip that an experiment kept beside its result is one with it, and the result has the frames as they were made.
void drop_clips_of_results(std::vector<clip_file>& clips) {
  std::set<fs::path> results;
  for (const clip_file& clip : clips)
    if (clip.result && clip.result->has_frames) results.insert(fs::path(clip.path).replace_extension());
  std::erase_if(clips, [&](const clip_file& clip) {
    return !clip.result && results.count(fs::path(clip.path).replace_extension());
  });
}

}  // namespace

std::vector<clip_file> clips_in(const fs::path& path) {
  ZT_CHECK(fs::exists(path), bad_input, printable(path.string()), ": no such file or folder");
  std::vector<clip_file> clips;
  if (!fs::is_directory(path)) {
    add_file(clips, path);
  } else {
    for (const fs::path& entry : entries_of(path, is_clip)) add_file(clips, entry);
    drop_clips_of_results(clips);
    if (clips.empty() && holds_pictures(path)) clips.push_back(named(path));
  }
  ZT_CHECK(
      !clips.empty(), bad_input, printable(path.string()),
      ": no clips (a GIF, MP4, WebM, MOV or MKV file, a folder of numbered pictures, or results (.h5) that "
      "did not fail)");
  return clips;
}

timed_frames frames_of(const stored_result& stored) {
  const hdf5_array<std::uint8_t> kept = read_frames(stored);
  ZT_CHECK(kept.shape.size() == 4 && kept.shape[0] > 0 && kept.shape[3] == 3, bad_input,
           printable(stored.place()),
           stored.has_frames ? ": /frames are not f h w 3" : ": kept no frames (keep)");
  const auto frames = static_cast<std::ptrdiff_t>(kept.shape[0]);
  const auto size = static_cast<std::ptrdiff_t>(kept.values.size()) / frames;
  timed_frames read;
  read.clip.width = static_cast<int>(kept.shape[2]), read.clip.height = static_cast<int>(kept.shape[1]);
  for (auto at = kept.values.begin(); at != kept.values.end(); at += size)
    read.clip.frames.emplace_back(at, at + size);
  read.frame_ms.assign(kept.shape[0], duration_ms(stored.cell.config) / static_cast<double>(frames));
  return read;
}

timed_frames frames_of(const clip_file& clip) {
  return clip.result ? frames_of(*clip.result) : read_clip(clip.path);
}

const clip_file* partner_of(const clip_file& clip, const std::vector<clip_file>& clips,
                            const std::vector<clip_file>& references) {
  if (clips.size() == 1 && references.size() == 1) return &references.front();
  const clip_file* found = nullptr;
  for (const clip_file& reference : references) {
    if (reference.name != clip.name) continue;
    ZT_CHECK(!found, bad_input, printable(found->place()), " and ", printable(reference.place()),
             ": two references named '", printable(clip.name), "'");
    found = &reference;
  }
  return found;
}

std::vector<std::string> distinct_names(const std::vector<clip_file>& clips) {
  const std::function<std::string(const clip_file&)> forms[] = {
      [](const clip_file& clip) { return clip.name; },
      [](const clip_file& clip) {
        return fs::is_directory(clip.path) ? clip.name + "/" : clip.path.filename().string();
      },
      [](const clip_file& clip) { return clip.place(); }};
  std::vector<std::string> names(clips.size());
  for (const auto& form : forms) {
    std::map<std::string, int> uses;
    for (const clip_file& clip : clips) ++uses[form(clip)];
    for (std::size_t i = 0; i < clips.size(); ++i)
      if (names[i].empty() && (uses[form(clips[i])] == 1 || &form == &forms[2])) names[i] = form(clips[i]);
  }
  return names;
}

}  // namespace zoetrope
