// How bytes pass between the processes (ranks) of a run. One operation carries everything that a training
// needs (communicator.hpp), so that an engine is one function. Free of torch.
#pragma once

#include <cstddef>
#include <vector>

namespace zoetrope {

class transport {
 public:
  struct outgoing {
    const void* data = nullptr;
    std::size_t bytes = 0;
  };
  struct incoming {
    void* data = nullptr;
    std::size_t bytes = 0;
  };

  virtual ~transport() = default;
  virtual int rank() const = 0;
  virtual int size() const = 0;
  virtual int local_rank() const = 0;  ///< number of this rank on its machine

  /// Sends to[r] to rank r and receives from[r] from it, for every other rank r; what a rank has for itself
  /// is left alone, and nothing is sent where there are no bytes. All ranks call it in the same order, one
  /// thread at a time. error{runtime} names the ranks that did not answer in time; the transport cannot be
  /// used after that.
  virtual void exchange(const std::vector<outgoing>& to, const std::vector<incoming>& from) = 0;
};

}  // namespace zoetrope
