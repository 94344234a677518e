// Bytes through torchrun's TCP store (c10d's TCPStore in libtorch): every message is a key that the sender
// sets and the receiver takes. All of it passes through one process, so it is for start-up, losses and flags
// beside NCCL, and for small models on CPUs.
#pragma once

#include <memory>

#include "training/distributed/launch.hpp"
#include "training/distributed/transport.hpp"

namespace zoetrope {

/// `timeout` in seconds, for the start and for each message. error{runtime} if the store cannot be reached.
std::unique_ptr<transport> open_store_transport(const launch& started, double timeout);

}  // namespace zoetrope
