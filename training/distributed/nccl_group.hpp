// Collectives over NCCL: one reduction or broadcast for each owner, all in one group, on a stream of its own.
// The sum's order is NCCL's, not the ranks'. The calling thread waits for the result and looks at the clock.
#pragma once

#include <c10/core/Device.h>

#include <memory>

#include "training/distributed/device_group.hpp"

namespace zoetrope {

class communicator;

/// `host` carries NCCL's identifier to all ranks, and must outlive this. `timeout` in seconds. error{runtime}
/// if there is no NCCL, or two ranks share a GPU.
std::unique_ptr<device_group> open_nccl_group(communicator& host, c10::Device device, double timeout);

}  // namespace zoetrope
