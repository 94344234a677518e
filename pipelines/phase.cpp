// Exceptions of a phase.
#include "pipelines/phase.hpp"

#include <c10/util/Exception.h>

#include <new>

namespace zoetrope {

namespace {

std::string first_line(const std::string& text) { return text.substr(0, text.find('\n')); }

}  // namespace

void rethrow_in_phase(const std::string& phase) {
  const auto failure = [&](error_kind kind, const std::string& message) {
    return error(kind, concat(phase, ": ", message));
  };
  try {
    throw;
  } catch (error& ours) {
    ours.add_context(phase);
    throw;
  } catch (const c10::Error& torch) {
    const std::string message = first_line(torch.what_without_backtrace());
    // The CPU allocator throws a plain c10::Error.
    const bool memory = dynamic_cast<const c10::OutOfMemoryError*>(&torch) != nullptr ||
                        message.find("can't allocate memory") != std::string::npos;
    throw failure(memory ? error_kind::out_of_memory : error_kind::runtime,
                  (memory ? "out of memory: " : "") + message);
  } catch (const std::bad_alloc&) {
    throw failure(error_kind::out_of_memory, "out of memory");
  } catch (const std::exception& other) {
    throw failure(error_kind::runtime, other.what());
  }
}

}  // namespace zoetrope
