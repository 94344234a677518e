// See file_fingerprint.hpp.
#include "experiments/file_fingerprint.hpp"

#include <map>
#include <sstream>

#include "core/error.hpp"
#include "core/io/mapped_file.hpp"
#include "core/sha256.hpp"

namespace zoetrope {

namespace fs = std::filesystem;

namespace {

std::string fingerprint_of_file(const fs::path& file) {
  constexpr std::size_t block = std::size_t{1} << 20, blocks = 64;
  const auto mapped = mapped_file::open(file);
  const auto bytes = mapped->bytes();
  if (bytes.size() <= block * blocks) return sha256(bytes);
  std::ostringstream text;
  text << bytes.size();
  const std::size_t last = bytes.size() - block;
  for (std::size_t i = 0; i < blocks; ++i)
    text << ' ' << sha256(bytes.subspan(i + 1 < blocks ? last / (blocks - 1) * i : last, block));
  return sha256(text.str());
}

std::string fingerprint_of_folder(const fs::path& folder) {
  std::map<std::string, std::string> files;
  for (const auto& entry : fs::recursive_directory_iterator(folder))
    if (entry.is_regular_file())
      files[entry.path().lexically_relative(folder).string()] = fingerprint_of_file(entry.path());
  std::ostringstream text;
  for (const auto& [name, fingerprint] : files) text << name << ' ' << fingerprint << '\n';
  return sha256(text.str());
}

}  // namespace

std::string file_fingerprint(const fs::path& path) {
  if (path.empty() || !fs::exists(path)) return "";
  return fs::is_directory(path) ? fingerprint_of_folder(path) : fingerprint_of_file(path);
}

}  // namespace zoetrope
