// See atomic_file.hpp.
#include "core/io/atomic_file.hpp"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <string>

#include "core/io/written_part.hpp"

namespace zoetrope {
namespace {

std::filesystem::path part_of(std::filesystem::path file) {
  file.replace_filename(file.stem().string() + ".part" + file.extension().string());
  return file;
}

int opened(const std::filesystem::path& part, const std::filesystem::path& file) {
  const int descriptor = ::open(part.c_str(), O_WRONLY | O_CREAT | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK, 0666);
  if (descriptor < 0)
    throw cannot_write(errno == ENXIO ? part : file, std::strerror(errno));  // a pipe lies there
  return descriptor;
}

}  // namespace

void sync_to_disk(const std::filesystem::path& path) {
  const int descriptor = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (descriptor < 0) throw cannot_write(path, std::strerror(errno));
  const int result = ::fsync(descriptor), reason = errno;
  ::close(descriptor);
  // Some network file systems cannot sync a folder and say EINVAL; there is nothing more to be done then.
  if (result != 0 && reason != EINVAL) throw cannot_write(path, std::strerror(reason));
}

atomic_file::atomic_file(std::filesystem::path final_path) : final_path_(behind_link(std::move(final_path))) {
  std::error_code ignored;
  const auto kind = std::filesystem::status(final_path_, ignored).type();
  if (!final_path_.has_filename()) throw cannot_write(final_path_, "no file name");
  if (kind == std::filesystem::file_type::directory) throw cannot_write(final_path_, "it is a folder");
  if (kind != std::filesystem::file_type::regular && kind != std::filesystem::file_type::not_found)
    throw cannot_write(final_path_, "what stands there is not a regular file");
  part_path_ = part_of(final_path_);
  descriptor_ = locked_part(part_path_, S_IFREG, [this] { return opened(part_path_, final_path_); });
  if (::ftruncate(descriptor_, 0) != 0) {
    const std::string reason = std::strerror(errno);
    ::close(descriptor_);
    throw cannot_write(part_path_, reason);
  }
}

atomic_file::~atomic_file() {
  if (!committed_) ::unlink(part_path_.c_str());
  ::close(descriptor_);  // also gives up the lock
}

bool is_being_written(const std::filesystem::path& final_path) {
  const int descriptor = ::open(part_of(final_path).c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK);
  if (descriptor < 0) return false;
  const bool held = ::flock(descriptor, LOCK_SH | LOCK_NB) != 0 && errno == EWOULDBLOCK;
  ::close(descriptor);
  return held;
}

void atomic_file::write(std::span<const std::byte> bytes) {
  while (!bytes.empty()) {
    const ssize_t written = ::write(descriptor_, bytes.data(), bytes.size());
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) throw cannot_write(final_path_, std::strerror(errno));
    bytes = bytes.subspan(static_cast<std::size_t>(written));
  }
}

void atomic_file::commit() {
  sync_to_disk(part_path_);
  if (::rename(part_path_.c_str(), final_path_.c_str()) != 0)
    throw cannot_write(final_path_, std::strerror(errno));
  committed_ = true;
  sync_to_disk(folder_of(final_path_));
}

void write_text_file(const std::filesystem::path& file, std::string_view text) {
  atomic_file output(file);
  output.write(std::as_bytes(std::span(text)));
  output.commit();
}

}  // namespace zoetrope
