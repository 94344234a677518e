// Numbers with names that one rank finds and all take to be so.
#pragma once

#include <functional>

#include "training/distributed/communicator.hpp"
#include "training/task.hpp"

namespace zoetrope {

/// Called by all ranks: what `body` returns on rank 0, to the bit, NaN and infinity included; errors as
/// communicator::from_first().
named_scalars scalars_from_first(communicator& ranks, const std::function<named_scalars()>& body);

}  // namespace zoetrope
