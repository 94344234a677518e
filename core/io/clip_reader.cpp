// See clip_reader.hpp.
#include "core/io/clip_reader.hpp"

#include <algorithm>
#include <cctype>
#include <fstream>
#include <set>

#include "core/error.hpp"
#include "core/io/gif_blocks.hpp"

namespace zoetrope {
namespace {

namespace fs = std::filesystem;
constexpr std::size_t max_folder_bytes = std::size_t{4} << 30;

bool is_digit(char c) { return c >= '0' && c <= '9'; }

bool is_picture(const fs::path& file) {
  std::string extension = file.extension().string();
  for (char& c : extension) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  return std::set<std::string>{".png", ".jpg", ".jpeg"}.count(extension) &&
         file.filename().string()[0] != '.';
}

std::vector<fs::path> list_pictures(const fs::path& folder, std::size_t max_frames) {
  std::error_code failure;
  std::vector<fs::path> files;
  for (const auto& entry : fs::directory_iterator(folder, failure))
    if (is_picture(entry.path())) files.push_back(entry.path());
  ZT_CHECK(!failure, bad_input, "the folder cannot be read: ", failure.message());
  ZT_CHECK(!files.empty(), bad_input, "no .png, .jpg or .jpeg file in the folder");
  ZT_CHECK(files.size() <= max_frames, bad_input, files.size(), " pictures in the folder, at most ",
           max_frames, " are read");
  std::sort(files.begin(), files.end(), [](const fs::path& a, const fs::path& b) {
    return naturally_before(a.filename().string(), b.filename().string());
  });
  return files;
}

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
  return in_context(printable(folder.string()), [&] { return list_pictures(folder, max_frames); });
}

bool naturally_before(std::string_view a, std::string_view b) {
  std::size_t i = 0, j = 0;
  while (i < a.size() && j < b.size()) {
    if (!is_digit(a[i]) || !is_digit(b[j])) {
      if (a[i] != b[j]) return a[i] < b[j];
      ++i, ++j;
      continue;
    }
    const auto number_at = [](std::string_view text, std::size_t& at) {
      while (at < text.size() && text[at] == '0') ++at;
      const std::size_t begin = at;
      while (at < text.size() && is_digit(text[at])) ++at;
      return text.substr(begin, at - begin);
    };
    const std::string_view first = number_at(a, i), second = number_at(b, j);
    if (first.size() != second.size()) return first.size() < second.size();
    if (first != second) return first < second;
  }
  const bool both_ended = i == a.size() && j == b.size();
  return both_ended ? a < b : i == a.size();  // "1" and "01": any order, but always the same
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
