// See atomic_folder.hpp.
#include "core/io/atomic_folder.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstring>

#include "core/io/atomic_file.hpp"
#include "core/io/written_part.hpp"

namespace zoetrope {

namespace {

namespace fs = std::filesystem;

int made_and_opened(const fs::path& part) {
  if (::mkdir(part.c_str(), 0777) != 0 && errno != EEXIST) throw cannot_write(part, std::strerror(errno));
  const int descriptor = ::open(part.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);
  if (descriptor < 0) throw cannot_write(part, std::strerror(errno));
  return descriptor;
}

// Calls `body`; a failure of the file system becomes an error of ours.
template <class Body>
void told_of(const fs::path& folder, const Body& body) {
  try {
    body();
  } catch (const fs::filesystem_error& failure) {
    throw cannot_write(folder, failure.code().message());
  }
}

}  // namespace

bool is_free_folder(const fs::path& folder) {
  std::error_code unreadable;
  const auto type = fs::status(folder, unreadable).type();
  return type == fs::file_type::not_found ||
         (type == fs::file_type::directory && fs::is_empty(folder, unreadable) && !unreadable);
}

void make_folder(const fs::path& folder) {
  std::error_code reason;
  fs::create_directories(folder, reason);
  ZT_CHECK(!reason, runtime, printable(folder.string()), ": cannot be made: ", reason.message());
}

atomic_folder::atomic_folder(fs::path final_path) : final_path_(std::move(final_path)) {
  if (!final_path_.has_filename()) final_path_ = final_path_.parent_path();  // "clips/"
  final_path_ = behind_link(std::move(final_path_));
  const fs::path name = final_path_.filename();
  if (name.empty() || name == "." || name == "..") throw cannot_write(final_path_, "no name of a folder");
  if (!is_free_folder(final_path_)) throw cannot_write(final_path_, "exists and is not an empty folder");
  make_folder(folder_of(final_path_));
  part_path_ = final_path_;
  part_path_ += ".part";
  descriptor_ = locked_part(part_path_, S_IFDIR, [this] { return made_and_opened(part_path_); });
  try {
    told_of(part_path_, [this] {
      for (const auto& left : fs::directory_iterator(part_path_)) fs::remove_all(left.path());
    });
  } catch (...) {
    ::close(descriptor_);
    throw;
  }
}

atomic_folder::~atomic_folder() {
  std::error_code ignored;
  if (!committed_) fs::remove_all(part_path_, ignored);
  ::close(descriptor_);  // also gives up the lock
}

void atomic_folder::commit() {
  told_of(final_path_, [this] {
    for (const auto& entry : fs::recursive_directory_iterator(part_path_))
      if (!entry.is_symlink()) sync_to_disk(entry.path());
  });
  sync_to_disk(part_path_);
  // Onto nothing, or onto an empty folder: the system refuses all else.
  if (::rename(part_path_.c_str(), final_path_.c_str()) != 0)
    throw cannot_write(final_path_, std::strerror(errno));
  committed_ = true;
  sync_to_disk(folder_of(final_path_));
}

}  // namespace zoetrope
