// How HDF5 is called: what fails becomes an error of ours with HDF5's reason, the file and the path in it.
#pragma once

#include <hdf5.h>

#include <string>

#include "core/error.hpp"
#include "core/io/hdf5_file.hpp"

namespace zoetrope {

/// The innermost line of HDF5's own report: the reason, where the outer lines only tell the way to it.
std::string hdf5_reason();
/// HDF5 prints nothing itself.
void silence_hdf5();

/// Passes on what a call returned, unless it failed.
template <class Result>
Result checked(Result result) {
  ZT_CHECK(result >= 0, runtime, "HDF5: ", hdf5_reason());
  return result;
}
inline hdf5_handle opened(hid_t id) { return hdf5_handle(checked(id)); }

/// Gives every error of `body` its kind, and the file and the path in it as context.
template <class Body>
decltype(auto) at_path(error_kind kind, const std::string& file, const std::string& path, Body&& body) {
  try {
    return body();
  } catch (const error& failure) {
    throw error(kind, concat(printable(file), ": ", printable(path), ": ", failure.what()));
  }
}

}  // namespace zoetrope
