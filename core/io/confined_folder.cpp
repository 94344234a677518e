// See confined_folder.hpp.
#include "core/io/confined_folder.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "core/error.hpp"

namespace zoetrope {
namespace {

bool lies_beneath(const std::filesystem::path& file, const std::filesystem::path& folder) {
  if (folder.empty()) return false;
  const auto [end, unused] = std::mismatch(folder.begin(), folder.end(), file.begin(), file.end());
  return end == folder.end();
}

// …/models--org--name/snapshots/<commit>/… -> …/models--org--name/blobs; empty elsewhere.
std::filesystem::path blobs_of(const std::filesystem::path& root) {
  for (auto folder = root; folder.has_relative_path(); folder = folder.parent_path()) {
    const auto repository = folder.parent_path().parent_path();
    if (folder.parent_path().filename() == "snapshots" &&
        repository.filename().string().starts_with("models--"))
      return repository / "blobs";
  }
  return {};
}

}  // namespace

bool is_plain_name(std::string_view name) {
  const auto allowed = [](char c) {
    return c != '/' && c != '\\' && static_cast<unsigned char>(c) >= 0x20 && c != 0x7F;
  };
  return !name.empty() && name.size() <= 255 && name[0] != '.' &&
         std::all_of(name.begin(), name.end(), allowed);
}

confined_folder::confined_folder(const std::filesystem::path& root) {
  std::error_code failure;
  root_ = std::filesystem::canonical(root, failure);
  ZT_CHECK(!failure, bad_input, printable(root.string()), ": ", failure.message());
  ZT_CHECK(std::filesystem::is_directory(root_, failure), bad_input, printable(root.string()),
           ": not a folder");
  blobs_ = blobs_of(root_);
}

bool confined_folder::has(const std::filesystem::path& file) const {
  std::error_code ignored;
  return std::filesystem::symlink_status(root_ / file, ignored).type() !=
         std::filesystem::file_type::not_found;
}

std::shared_ptr<const mapped_file> confined_folder::map(const std::filesystem::path& file) const {
  const std::filesystem::path full = root_ / file;
  for (const auto& step : file)
    ZT_CHECK(is_plain_name(step.string()), bad_input, printable(root_.string()), ": '",
             printable(file.string()), "' is not a plain name; nothing outside the folder is opened");
  const int descriptor = ::open(full.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK);
  ZT_CHECK(descriptor >= 0, bad_input, printable(full.string()), ": ", std::strerror(errno));
  auto mapping = mapped_file::adopt(descriptor, full);
  // Asked of the open file, not of the name: a link that is changed meanwhile cannot lead elsewhere.
  std::error_code failure;
  const auto real = std::filesystem::read_symlink(concat("/proc/self/fd/", descriptor), failure);
  ZT_CHECK(!failure && (lies_beneath(real, root_) || lies_beneath(real, blobs_)), bad_input,
           printable(full.string()), ": a link to ", printable(real.string()),
           ", which lies outside the folder; copy the file into it");
  return mapping;
}

std::string confined_folder::read_text(const std::filesystem::path& file, std::size_t max_bytes) const {
  const auto mapping = map(file);
  const auto bytes = mapping->bytes();
  ZT_CHECK(bytes.size() <= max_bytes, bad_input, printable(mapping->path().string()), ": ", bytes.size(),
           " bytes, at most ", max_bytes, " are read");
  std::string text(reinterpret_cast<const char*>(bytes.data()), bytes.size());
  in_context(printable(mapping->path().string()), [&] { expect_no_lfs_pointer(text); });
  return text;
}

void expect_no_lfs_pointer(std::string_view bytes) {
  ZT_CHECK(!bytes.starts_with("version https://git-lfs"), bad_input,
           "a Git-LFS pointer, not the file itself; run: git lfs pull");
}

}  // namespace zoetrope
