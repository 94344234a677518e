// A folder that is one run's for as long as the lock lives, so that two cannot mix what they write there. A
// second one on the same machine is told so at once; other machines do not see it (flock). Free of torch.
#pragma once

#include <filesystem>

namespace zoetrope {

class folder_lock {
 public:
  /// Makes the folder where it is not there. error{runtime} names it and says why: another run is writing
  /// there, or the system's reason.
  explicit folder_lock(std::filesystem::path folder);
  /// A folder that it made and that is still empty goes again.
  ~folder_lock();
  folder_lock(const folder_lock&) = delete;
  folder_lock& operator=(const folder_lock&) = delete;

 private:
  std::filesystem::path folder_;
  bool made_ = false;
  int descriptor_ = -1;
};

}  // namespace zoetrope
