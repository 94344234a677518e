// Sees at once that another rank's process on this machine has ended, in whatever way: the kernel tells by a
// descriptor of the process (pidfd_open, Linux 5.3). Of ranks on other machines, and where a system does not
// allow it, it knows nothing, and their silence is all there is. Free of torch.
#pragma once

#include <cstdint>
#include <vector>

namespace zoetrope {

class peer_watch {
 public:
  /// Where a process runs; what ranks tell each other.
  struct address {
    uint64_t machine;  ///< of one boot and one numbering of processes (containers have their own)
    int64_t process;
  };
  static address own_address();

  /// By rank.
  explicit peer_watch(const std::vector<address>& ranks);
  ~peer_watch();
  peer_watch(const peer_watch&) = delete;
  peer_watch& operator=(const peer_watch&) = delete;

  bool ended(int rank) const;

 private:
  std::vector<int> descriptors_;  // by rank; -1: not seen
};

}  // namespace zoetrope
