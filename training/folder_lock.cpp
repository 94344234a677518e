// See folder_lock.hpp.
#include "training/folder_lock.hpp"

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "core/error.hpp"

namespace zoetrope {

folder_lock::folder_lock(std::filesystem::path folder) : folder_(std::move(folder)) {
  const auto failed = [&](const std::string& why) {
    return error(error_kind::runtime, concat(printable(folder_.string()), ": ", why));
  };
  std::error_code reason;
  made_ = std::filesystem::create_directories(folder_, reason);
  if (reason) throw failed("cannot be made: " + reason.message());
  descriptor_ = ::open(folder_.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (descriptor_ < 0) throw failed(std::strerror(errno));
  if (::flock(descriptor_, LOCK_EX | LOCK_NB) == 0) return;
  const int number = errno;
  ::close(descriptor_);
  throw failed(number == EWOULDBLOCK ? "another run is writing there" : std::strerror(number));
}

folder_lock::~folder_lock() {
  std::error_code not_empty;
  if (made_) std::filesystem::remove(folder_, not_empty);
  ::close(descriptor_);
}

}  // namespace zoetrope
