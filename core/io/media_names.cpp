// See media_names.hpp.
#include "core/io/media_names.hpp"

#include <algorithm>
#include <cctype>
#include <set>

#include "core/error.hpp"

namespace zoetrope {

namespace fs = std::filesystem;

namespace {

bool is_digit(char c) { return c >= '0' && c <= '9'; }

}  // namespace

std::string ending_of(const fs::path& file) {
  std::string ending = file.extension().string();
  for (char& c : ending) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  return ending;
}

bool is_video(const fs::path& file) {
  return std::set<std::string>{".gif", ".mp4", ".webm", ".mov", ".mkv"}.contains(ending_of(file));
}
bool is_picture(const fs::path& file) {
  return std::set<std::string>{".png", ".jpg", ".jpeg"}.contains(ending_of(file));
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

std::vector<fs::path> entries_of(const fs::path& folder,
                                 const std::function<bool(const fs::directory_entry&)>& wanted) {
  std::error_code failure;
  std::vector<fs::path> found;
  for (const auto& entry : fs::directory_iterator(folder, failure))
    if (entry.path().filename().string()[0] != '.' && wanted(entry)) found.push_back(entry.path());
  ZT_CHECK(!failure, bad_input, printable(folder.string()),
           ": the folder cannot be read: ", failure.message());
  std::sort(found.begin(), found.end(), [](const fs::path& a, const fs::path& b) {
    return naturally_before(a.filename().string(), b.filename().string());
  });
  return found;
}

}  // namespace zoetrope
