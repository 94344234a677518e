// See torch_error.hpp.
#include "core/tensor/torch_error.hpp"

namespace zoetrope {

namespace {

bool tells_of_memory(const std::string& message) {
  for (const char* words : {"not enough memory", "can't allocate memory", "out of memory"})
    if (message.find(words) != std::string::npos) return true;
  return false;
}

}  // namespace

error as_error(const c10::Error& failure) {
  const std::string told = failure.what_without_backtrace(), message = told.substr(0, told.find('\n'));
  const bool memory =
      dynamic_cast<const c10::OutOfMemoryError*>(&failure) != nullptr || tells_of_memory(message);
  return {memory ? error_kind::out_of_memory : error_kind::runtime, message};
}

}  // namespace zoetrope
