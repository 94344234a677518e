// libtorch's exceptions as ours.
#pragma once

#include <c10/util/Exception.h>

#include "core/error.hpp"

namespace zoetrope {

/// The first line of what libtorch says; error{out_of_memory} where one of its allocators, some of which
/// throw plain errors, could not serve, else error{runtime}.
error as_error(const c10::Error& failure);

}  // namespace zoetrope
