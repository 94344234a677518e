// Elements of a C++ type as HDF5 has them: their type, their shape, and how they are written and read.
#pragma once

#include <string>
#include <type_traits>
#include <vector>

#include "core/io/hdf5_calls.hpp"

namespace zoetrope {

// Strings are of any length and UTF-8, which h5py hands out as str.
template <class Element>
hdf5_handle type_of() {
  if constexpr (std::is_same_v<Element, double>) return opened(H5Tcopy(H5T_NATIVE_DOUBLE));
  if constexpr (std::is_same_v<Element, float>) return opened(H5Tcopy(H5T_NATIVE_FLOAT));
  if constexpr (std::is_same_v<Element, std::int64_t>) return opened(H5Tcopy(H5T_NATIVE_INT64));
  if constexpr (std::is_same_v<Element, std::uint8_t>) return opened(H5Tcopy(H5T_NATIVE_UINT8));
  hdf5_handle type = opened(H5Tcopy(H5T_C_S1));
  checked(H5Tset_size(type.id(), H5T_VARIABLE));
  checked(H5Tset_cset(type.id(), H5T_CSET_UTF8));
  return type;
}

template <class Element>
bool is_stored_as(const hdf5_handle& stored) {
  const H5T_class_t kind = H5Tget_class(stored.id());
  const bool fits = H5Tget_size(stored.id()) <= sizeof(Element);
  if constexpr (std::is_floating_point_v<Element>) return kind == H5T_FLOAT && fits;
  if constexpr (std::is_integral_v<Element>) return kind == H5T_INTEGER && fits;
  return kind == H5T_STRING && H5Tis_variable_str(stored.id()) > 0;
}

inline hdf5_handle space_of(const hdf5_shape& shape) {
  if (shape.empty()) return opened(H5Screate(H5S_SCALAR));
  const std::vector<hsize_t> dims(shape.begin(), shape.end());
  return opened(H5Screate_simple(static_cast<int>(dims.size()), dims.data(), nullptr));
}

inline hdf5_shape shape_of(const hdf5_handle& space) {
  ZT_CHECK(H5Sget_simple_extent_type(space.id()) != H5S_NULL, runtime, "is empty (a null dataspace)");
  std::vector<hsize_t> dims(static_cast<std::size_t>(checked(H5Sget_simple_extent_ndims(space.id()))));
  checked(H5Sget_simple_extent_dims(space.id(), dims.data(), nullptr));
  return {dims.begin(), dims.end()};
}

/// Hands `transfer` (a write of HDF5's) the elements as HDF5 wants them.
template <class Element, class Transfer>
void write_elements(const std::vector<Element>& values, Transfer&& transfer) {
  if constexpr (std::is_same_v<Element, std::string>) {
    std::vector<const char*> pointers;
    for (const std::string& text : values) {
      ZT_CHECK(text.find('\0') == std::string::npos, runtime, "a text with a zero byte: ", printable(text));
      pointers.push_back(text.c_str());
    }
    checked(transfer(static_cast<const void*>(pointers.data())));
  } else {
    checked(transfer(static_cast<const void*>(values.data())));
  }
}

/// Lets `transfer` (a read of HDF5's) fill as many elements as `space` has.
template <class Element, class Transfer>
std::vector<Element> read_elements(const hdf5_handle& type, const hdf5_handle& space, Transfer&& transfer) {
  const auto count = static_cast<std::size_t>(checked(H5Sget_simple_extent_npoints(space.id())));
  if constexpr (std::is_same_v<Element, std::string>) {
    std::vector<char*> pointers(count);
    checked(transfer(static_cast<void*>(pointers.data())));
    std::vector<std::string> values;
    for (const char* text : pointers) values.emplace_back(text ? text : "");
    if (count > 0) checked(H5Dvlen_reclaim(type.id(), space.id(), H5P_DEFAULT, pointers.data()));
    return values;
  } else {
    std::vector<Element> values(count);
    checked(transfer(static_cast<void*>(values.data())));
    return values;
  }
}

}  // namespace zoetrope
