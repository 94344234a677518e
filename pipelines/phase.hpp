// The phases of a generation, one after the other: named in whatever leaves one, with libtorch's own
// exceptions turned into ours, and told to who listens.
#pragma once

#include <functional>
#include <string>
#include <utility>

#include "core/error.hpp"
#include "core/tensor/tensor_heap.hpp"

namespace zoetrope {

enum class run_phase { text, encoding, denoising, decoding, writing };
const char* name_of(run_phase phase);

/// Inside a catch block: rethrows what is being handled as an error with the phase's name as context. Memory
/// that could not be had (core/tensor/torch_error.hpp, std::bad_alloc) becomes error{out_of_memory}: what was
/// asked for, what was held, and `advice`.
[[noreturn]] void rethrow_in_phase(run_phase phase, const std::string& advice);

/// While it exists, it is told of each phase that begins and ends in this thread.
class phase_listener {
 public:
  phase_listener(std::function<void(run_phase)> begin, std::function<void()> end);
  ~phase_listener();
  phase_listener(const phase_listener&) = delete;
  phase_listener& operator=(const phase_listener&) = delete;
  static void tell_begin(run_phase phase);
  static void tell_end();

 private:
  std::function<void(run_phase)> begin_;
  std::function<void()> end_;
  phase_listener* before_;
};

template <class Body>
decltype(auto) in_phase(run_phase phase, Body&& body, const std::string& advice = "") {
  struct told {
    explicit told(run_phase phase) { phase_listener::tell_begin(phase); }
    ~told() {
      phase_listener::tell_end();
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
