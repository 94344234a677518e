// See written_part.hpp.
#include "core/io/written_part.hpp"

#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>

namespace zoetrope {

namespace {

bool bears_its_name(const struct stat& opened, const std::filesystem::path& part) {
  struct stat named;
  return ::stat(part.c_str(), &named) == 0 && named.st_ino == opened.st_ino && named.st_dev == opened.st_dev;
}

}  // namespace

error cannot_write(const std::filesystem::path& path, const std::string& why) {
  return error(error_kind::runtime, concat(printable(path.string()), ": cannot be written: ", why));
}

std::filesystem::path behind_link(std::filesystem::path path) {
  std::error_code ignored;
  if (std::filesystem::is_symlink(path, ignored))
    if (auto target = std::filesystem::canonical(path, ignored); !ignored) return target;
  return path;
}

std::filesystem::path folder_of(const std::filesystem::path& path) {
  return path.has_parent_path() ? path.parent_path() : std::filesystem::path(".");
}

int locked_part(const std::filesystem::path& part, mode_t type, const std::function<int()>& open) {
  for (int attempt = 0; attempt < 10; ++attempt) {
    const int descriptor = open();
    struct stat opened;
    std::string trouble;
    if (::flock(descriptor, LOCK_EX | LOCK_NB) != 0 && errno == EWOULDBLOCK)
      trouble = "another run is writing it";
    else if (::fstat(descriptor, &opened) != 0 || (opened.st_mode & S_IFMT) != type)
      trouble = type == S_IFDIR ? "not a folder" : "not a regular file";
    else if (bears_its_name(opened, part))
      return descriptor;
    ::close(descriptor);
    if (!trouble.empty()) throw cannot_write(part, trouble);
    // Its finished writer renamed it away between opening and locking.
  }
  throw cannot_write(part, "other runs keep replacing it");
}

}  // namespace zoetrope
