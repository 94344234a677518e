// See hdf5_calls.hpp.
#include "core/io/hdf5_calls.hpp"

namespace zoetrope {

std::string hdf5_reason() {
  std::string reason = "no reason given";
  const auto take_first = [](unsigned depth, const H5E_error2_t* entry, void* text) -> herr_t {
    if (depth == 0 && entry->desc) *static_cast<std::string*>(text) = printable(entry->desc);
    return 0;
  };
  H5Ewalk2(H5E_DEFAULT, H5E_WALK_UPWARD, take_first, &reason);
  return reason;
}

void silence_hdf5() { H5Eset_auto2(H5E_DEFAULT, nullptr, nullptr); }

hdf5_handle::~hdf5_handle() {
  if (id_ != none) H5Idec_ref(id_);
}

}  // namespace zoetrope
