// The GPUs of a run, one a rank: what a communicator does with tensors that live there.
#pragma once

#include <ATen/core/Tensor.h>

#include <vector>

namespace zoetrope {

class device_group {
 public:
  virtual ~device_group() = default;
  /// As communicator's.
  virtual void reduce_scatter(const std::vector<at::Tensor>& parts) = 0;
  virtual void all_gather(const std::vector<at::Tensor>& parts) = 0;
};

}  // namespace zoetrope
