// See clip_reader.hpp.
#include "core/io/clip_reader.hpp"

#include <fstream>

#include "core/error.hpp"
#include "core/io/gif_blocks.hpp"
#include "core/io/media_names.hpp"

namespace zoetrope {
namespace {

namespace fs = std::filesystem;
constexpr std::size_t max_folder_bytes = std::size_t{4} << 30;

void tell_stored_delays(const fs::path& file, timed_frames& read) {
  if (auto stored = stored_gif_delays_ms(file); stored.size() == read.frame_ms.size())
    read.frame_ms = std::move(stored);
}

}  // namespace

rgb_frames read_pictures(const std::vector<fs::path>& files, bool keep_all) {
  rgb_frames clip;
  for (const fs::path& file : files) {
    rgb_image image = read_image(file);
    if (clip.frames.empty()) clip.width = image.width, clip.height = image.height;
    ZT_CHECK(image.width == clip.width && image.height == clip.height, bad_input, printable(file.string()),
             " is ", image.width, " x ", image.height, ", the first picture is ", clip.width, " x ",
             clip.height);
    if (!keep_all && !clip.frames.empty()) continue;
    ZT_CHECK(image.pixels.size() * (clip.frames.size() + 1) <= max_folder_bytes, bad_input,
             printable(file.string()), ": more than ", max_folder_bytes, " bytes of pictures up to here");
    clip.frames.push_back(std::move(image.pixels));
  }
  return clip;
}

std::vector<fs::path> pictures_in(const fs::path& folder, std::size_t max_frames) {
  const std::vector<fs::path> files = entries_of(folder, [](const auto& entry) { return is_picture(entry); });
  const std::string where = printable(folder.string());
  ZT_CHECK(!files.empty(), bad_input, where, ": no .png, .jpg or .jpeg file in the folder");
  ZT_CHECK(files.size() <= max_frames, bad_input, where, ": ", files.size(),
           " pictures in the folder, at most ", max_frames, " are read");
  return files;
}

timed_frames read_clip(const fs::path& path, std::size_t max_frames) {
  std::error_code failure;
  if (!fs::is_directory(path, failure)) {
    timed_frames read = read_video(path, max_frames);
    tell_stored_delays(path, read);
    return read;
  }
  timed_frames read{read_pictures(pictures_in(path, max_frames)), {}, {}};
  read.frame_ms.assign(read.clip.frames.size(), 0.0);
  return read;
}

timed_frames inspect_clip(const fs::path& file) {
  timed_frames read = inspect_video(file);
  tell_stored_delays(file, read);
  return read;
}

bool is_gif(const fs::path& file) {
  std::ifstream stream(file, std::ios::binary);
  char start[4] = {};
  return stream.read(start, 4) && std::string_view(start, 4) == "GIF8";
}

rgb_frames frames_at(const rgb_frames& clip, const std::vector<std::size_t>& indices) {
  rgb_frames out{clip.width, clip.height, {}};
  for (const std::size_t index : indices) out.frames.push_back(clip.frames.at(index));
  return out;
}

}  // namespace zoetrope
