// Names the phase of a job in whatever leaves it, and turns libtorch's own exceptions into ours.
#pragma once

#include <functional>
#include <string>
#include <utility>

#include "core/error.hpp"
#include "core/tensor/tensor_heap.hpp"

namespace zoetrope {

/// Inside a catch block: rethrows what is being handled as an error with `phase` as context. Memory that
/// could not be had (libtorch's OutOfMemoryError, its CPU allocator's failure, std::bad_alloc) becomes
/// error{out_of_memory}: what was asked for, what was held, and `advice`.
[[noreturn]] void rethrow_in_phase(const std::string& phase, const std::string& advice);

/// While it exists, `hear` is told of each phase that begins in this thread and, with "", of its end.
class phase_listener {
 public:
  explicit phase_listener(std::function<void(const std::string& phase)> hear);
  ~phase_listener();
  phase_listener(const phase_listener&) = delete;
  phase_listener& operator=(const phase_listener&) = delete;
  static void tell(const std::string& phase);

 private:
  std::function<void(const std::string&)> hear_;
  phase_listener* before_;
};

template <class Body>
decltype(auto) in_phase(const std::string& phase, Body&& body, const std::string& advice = "") {
  struct told {
    explicit told(const std::string& phase) { phase_listener::tell(phase); }
    ~told() {
      phase_listener::tell("");
      tensor_heap::instance().release();  // the next phase is planned for itself
    }
  };
  try {
    const told begun(phase);
    return std::forward<Body>(body)();
  } catch (...) {
    rethrow_in_phase(phase, advice);
  }
}

}  // namespace zoetrope
