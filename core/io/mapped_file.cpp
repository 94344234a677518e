// See mapped_file.hpp.
#include "core/io/mapped_file.hpp"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdint>
#include <cstring>

#include "core/error.hpp"

namespace zoetrope {

std::shared_ptr<const mapped_file> mapped_file::open(const std::filesystem::path& file) {
  // Without O_NONBLOCK, opening a FIFO would wait for a writer.
  const int descriptor = ::open(file.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK);
  ZT_CHECK(descriptor >= 0, bad_input, printable(file.string()), ": cannot be read: ", std::strerror(errno));
  return adopt(descriptor, file);
}

std::shared_ptr<const mapped_file> mapped_file::adopt(int descriptor, std::filesystem::path file) {
  return std::shared_ptr<const mapped_file>(new mapped_file(descriptor, std::move(file)));
}

mapped_file::mapped_file(int descriptor, std::filesystem::path file)
    : descriptor_(descriptor), file_(std::move(file)) {
  try {
    struct stat status;
    ZT_CHECK(::fstat(descriptor_, &status) == 0, bad_input, printable(file_.string()), ": ",
             std::strerror(errno));
    ZT_CHECK(S_ISREG(status.st_mode), bad_input, printable(file_.string()), ": not a regular file");
    if (status.st_size == 0) return;  // an empty mapping is not allowed, an empty span is
    const auto size = static_cast<std::size_t>(status.st_size);
    // Writable but private: an accidental in-place operation on a weight copies the page instead of crashing.
    void* start = ::mmap(nullptr, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_NORESERVE, descriptor_, 0);
    ZT_CHECK(start != MAP_FAILED, bad_input, printable(file_.string()),
             ": cannot be mapped: ", std::strerror(errno));
    bytes_ = {static_cast<const std::byte*>(start), size};
  } catch (...) {
    ::close(descriptor_);
    throw;
  }
}

mapped_file::~mapped_file() {
  if (!bytes_.empty()) ::munmap(const_cast<std::byte*>(bytes_.data()), bytes_.size());
  ::close(descriptor_);
}

namespace {

// Advice is never an error: at worst, memory is used later or longer than hoped. Of the pages that `part`
// touches, `whole` takes only those that hold nothing else.
void advise(std::span<const std::byte> part, int advice, bool whole) {
  static const auto page = static_cast<std::uintptr_t>(::sysconf(_SC_PAGESIZE));
  const auto begin = reinterpret_cast<std::uintptr_t>(part.data()), end = begin + part.size();
  const std::uintptr_t first = whole ? (begin + page - 1) / page * page : begin / page * page;
  const std::uintptr_t last = whole ? end / page * page : end;
  if (first < last) ::madvise(reinterpret_cast<void*>(first), last - first, advice);
}

}  // namespace

void mapped_file::will_need(std::span<const std::byte> part) const { advise(part, MADV_WILLNEED, false); }
void mapped_file::release_pages(std::span<const std::byte> part) const { advise(part, MADV_DONTNEED, true); }

void mapped_file::check_unchanged() const {
  struct stat status;
  ZT_CHECK(::fstat(descriptor_, &status) == 0, bad_input, printable(file_.string()), ": ",
           std::strerror(errno));
  ZT_CHECK(static_cast<std::size_t>(status.st_size) == bytes_.size(), bad_input, printable(file_.string()),
           ": changed while it was read: ", status.st_size, " bytes now, ", bytes_.size(),
           " when it was opened");
}

}  // namespace zoetrope
