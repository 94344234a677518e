// Names the phase of a job in whatever leaves it, and turns libtorch's own exceptions into ours.
#pragma once

#include <string>
#include <utility>

#include "core/error.hpp"

namespace zoetrope {

/// Inside a catch block: rethrows what is being handled as an error with `phase` as context. Memory that
/// could not be had (libtorch's OutOfMemoryError, its CPU allocator's failure, std::bad_alloc) becomes
/// error{out_of_memory}.
[[noreturn]] void rethrow_in_phase(const std::string& phase);

template <class Body>
decltype(auto) in_phase(const std::string& phase, Body&& body) {
  try {
    return std::forward<Body>(body)();
  } catch (...) {
    rethrow_in_phase(phase);
  }
}

}  // namespace zoetrope
