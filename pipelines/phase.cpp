// Exceptions of a phase.
#include "pipelines/phase.hpp"

#include <cstdlib>
#include <new>
#include <string_view>

#include "core/byte_size.hpp"
#include "core/tensor/machine.hpp"
#include "core/tensor/torch_error.hpp"

namespace zoetrope {

namespace {

// Of libtorch's CPU allocator; a GPU's tells by itself what is held.
std::string asked_and_held(const std::string& message) {
  constexpr std::string_view before = "you tried to allocate ";
  const std::size_t at = message.find(before);
  if (at == std::string::npos) return message;
  const double bytes = std::strtod(message.c_str() + at + before.size(), nullptr);
  return concat(readable_bytes(bytes), " more were asked for while the process held ",
                readable_bytes(static_cast<double>(process_memory().resident_bytes)));
}

thread_local phase_listener* listener_now = nullptr;

}  // namespace

const char* name_of(run_phase phase) {
  switch (phase) {
    case run_phase::text:
      return "text";
    case run_phase::encoding:
      return "encoding";
    case run_phase::denoising:
      return "denoising";
    case run_phase::decoding:
      return "decoding";
    case run_phase::writing:
      break;
  }
  return "writing";
}

phase_listener::phase_listener(std::function<void(run_phase)> begin, std::function<void()> end)
    : begin_(std::move(begin)), end_(std::move(end)), before_(listener_now) {
  listener_now = this;
}

phase_listener::~phase_listener() { listener_now = before_; }

void phase_listener::tell_begin(run_phase phase) {
  if (listener_now != nullptr) listener_now->begin_(phase);
}

void phase_listener::tell_end() {
  if (listener_now != nullptr) listener_now->end_();
}

void rethrow_in_phase(run_phase phase, const std::string& advice) {
  const std::string helps = advice.empty() ? "" : "; what helps: " + advice;
  const auto failure = [&](error_kind kind, const std::string& message) {
    return error(kind, concat(name_of(phase), ": ", message));
  };
  try {
    throw;
  } catch (error& ours) {
    ours.add_context(name_of(phase));
    throw;
  } catch (const c10::Error& torch) {
    const error ours = as_error(torch);
    if (ours.kind() != error_kind::out_of_memory) throw failure(ours.kind(), ours.what());
    throw failure(ours.kind(), concat("out of memory: ", asked_and_held(ours.what()), helps));
  } catch (const std::bad_alloc&) {
    throw failure(error_kind::out_of_memory,
                  concat("out of memory: the process held ",
                         readable_bytes(static_cast<double>(process_memory().resident_bytes)), helps));
  } catch (const std::exception& other) {
    throw failure(error_kind::runtime, other.what());
  }
}

}  // namespace zoetrope
