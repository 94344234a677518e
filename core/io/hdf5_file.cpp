// See hdf5_file.hpp.
#include "core/io/hdf5_file.hpp"

#include <hdf5.h>

#include <algorithm>
#include <functional>
#include <limits>
#include <numeric>
#include <type_traits>

#include "core/error.hpp"
#include "core/io/mapped_file.hpp"
#include "core/io/media_names.hpp"

namespace zoetrope {
namespace {

/// The innermost line of HDF5's own report: the reason, where the outer lines only tell the way to it.
std::string hdf5_reason() {
  std::string reason = "no reason given";
  const auto take_first = [](unsigned depth, const H5E_error2_t* entry, void* text) -> herr_t {
    if (depth == 0 && entry->desc) *static_cast<std::string*>(text) = printable(entry->desc);
    return 0;
  };
  H5Ewalk2(H5E_DEFAULT, H5E_WALK_UPWARD, take_first, &reason);
  return reason;
}

/// Passes on what a call returned, unless it failed.
template <class Result>
Result checked(Result result) {
  ZT_CHECK(result >= 0, runtime, "HDF5: ", hdf5_reason());
  return result;
}
hdf5_handle opened(hid_t id) { return hdf5_handle(checked(id)); }

/// Gives every error of `body` its kind, and the file and the path in it as context.
template <class Body>
decltype(auto) at_path(error_kind kind, const std::string& file, const std::string& path, Body&& body) {
  try {
    return body();
  } catch (const error& failure) {
    throw error(kind, concat(printable(file), ": ", printable(path), ": ", failure.what()));
  }
}

void silence() { H5Eset_auto2(H5E_DEFAULT, nullptr, nullptr); }

/// A file in memory alone: a full disk then shows in atomic_file, and not in the middle of HDF5's own
/// closing.
hid_t file_in_memory(const std::string& name) {
  silence();
  const hdf5_handle access = opened(H5Pcreate(H5P_FILE_ACCESS));
  constexpr std::size_t growth = 1 << 20;
  checked(H5Pset_fapl_core(access.id(), growth, false));
  return checked(H5Fcreate(name.c_str(), H5F_ACC_TRUNC, H5P_DEFAULT, access.id()));
}

/// error{runtime} names the first link that leads out of the file.
void refuse_links_elsewhere(const hdf5_handle& file) {
  std::string found;
  const auto look = [](hid_t, const char* name, const H5L_info_t* link, void* text) -> herr_t {
    if (link->type == H5L_TYPE_HARD || link->type == H5L_TYPE_SOFT) return 0;
    *static_cast<std::string*>(text) = name;
    return 1;
  };
  checked(H5Lvisit(file.id(), H5_INDEX_NAME, H5_ITER_NATIVE, look, &found));
  ZT_CHECK(found.empty(), runtime, "'", printable(found),
           "' is a link to another file; only what a file holds itself is read");
}

/// The same for a dataset whose numbers, or some of them, lie in another file.
void refuse_numbers_elsewhere(const hdf5_handle& set) {
  const hdf5_handle storage = opened(H5Dget_create_plist(set.id()));
  bool elsewhere = checked(H5Pget_external_count(storage.id())) > 0;
  std::size_t pieces = 0;
  if (checked(H5Pget_layout(storage.id())) == H5D_VIRTUAL)
    checked(H5Pget_virtual_count(storage.id(), &pieces));
  for (std::size_t i = 0; i < pieces; ++i) {
    char name[2] = {};
    elsewhere |= checked(H5Pget_virtual_filename(storage.id(), i, name, sizeof name)) != 1 || name[0] != '.';
  }
  ZT_CHECK(!elsewhere, runtime, "its numbers lie in another file; only what a file holds itself is read");
}

/// A file is whole as soon as it is there: what its writer's lock is for is over then, and some network file
/// systems have no locks.
hdf5_handle without_lock() {
  hdf5_handle access = opened(H5Pcreate(H5P_FILE_ACCESS));
  checked(H5Pset_file_locking(access.id(), false, true));
  return access;
}

hdf5_handle file_on_disk(const std::filesystem::path& file) {
  silence();
  mapped_file::open(file);  // a regular file that can be read, or an error that says what is wrong
  return at_path(error_kind::bad_input, file.string(), "/", [&] {
    ZT_CHECK(H5Fis_hdf5(file.c_str()) > 0, runtime, "no HDF5 file: it does not begin as one");
    const hdf5_handle access = without_lock();  // to its end: closing it would clear the reason below
    const hid_t id = H5Fopen(file.c_str(), H5F_ACC_RDONLY, access.id());
    ZT_CHECK(id >= 0, runtime, "half-written or damaged (HDF5: ", hdf5_reason(), ")");
    hdf5_handle open(id);
    refuse_links_elsewhere(open);
    return open;
  });
}

/// For new groups and datasets: names are UTF-8, and missing groups above are made.
hdf5_handle link_options() {
  hdf5_handle options = opened(H5Pcreate(H5P_LINK_CREATE));
  checked(H5Pset_create_intermediate_group(options.id(), 1));
  checked(H5Pset_char_encoding(options.id(), H5T_CSET_UTF8));
  return options;
}

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

hdf5_handle space_of(const hdf5_shape& shape) {
  if (shape.empty()) return opened(H5Screate(H5S_SCALAR));
  const std::vector<hsize_t> dims(shape.begin(), shape.end());
  return opened(H5Screate_simple(static_cast<int>(dims.size()), dims.data(), nullptr));
}

/// `path` from the file or group that is open: HDF5 takes "/a" from the file's root wherever it is asked.
std::string from_here(const std::string& path) { return path == "/" ? "." : "." + path; }

hdf5_shape shape_of(const hdf5_handle& space) {
  ZT_CHECK(H5Sget_simple_extent_type(space.id()) != H5S_NULL, runtime, "is empty (a null dataspace)");
  std::vector<hsize_t> dims(static_cast<std::size_t>(checked(H5Sget_simple_extent_ndims(space.id()))));
  checked(H5Sget_simple_extent_dims(space.id(), dims.data(), nullptr));
  return {dims.begin(), dims.end()};
}

/// How a new dataset lies in the file.
template <class Element>
hdf5_handle storage_of(const hdf5_shape& shape) {
  hdf5_handle options = opened(H5Pcreate(H5P_DATASET_CREATE));
  const bool empty = std::find(shape.begin(), shape.end(), 0u) != shape.end();
  if (!std::is_same_v<Element, std::uint8_t> || shape.empty() || empty) return options;
  std::vector<hsize_t> entry(shape.begin(), shape.end());
  entry[0] = 1;
  constexpr unsigned effort = 4;  // of 9
  checked(H5Pset_chunk(options.id(), static_cast<int>(entry.size()), entry.data()));
  checked(H5Pset_deflate(options.id(), effort));
  return options;
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

}  // namespace

hdf5_handle::~hdf5_handle() {
  if (id_ != none) H5Idec_ref(id_);
}

void expect_replaceable(const std::filesystem::path& file, std::string_view ending) {
  if (!std::filesystem::is_regular_file(file)) return;
  ZT_CHECK(H5Fis_hdf5(file.c_str()) <= 0, runtime, printable(file.string()),
           ": holds results already (HDF5), and they are never overwritten");
  ZT_CHECK(ending_of(file) == ending, runtime, printable(file.string()),
           ": there is such a file already, and no ", ending, "; it is not overwritten");
}

hdf5_writer::hdf5_writer(const std::filesystem::path& file)
    : name_(file.string()), output_(std::in_place, file), file_(file_in_memory(name_)) {}

void hdf5_writer::group(const std::string& path) {
  at_path(error_kind::runtime, name_, path, [&] {
    opened(H5Gcreate2(file_.id(), path.c_str(), link_options().id(), H5P_DEFAULT, H5P_DEFAULT));
  });
}

void hdf5_writer::attribute(const std::string& path, const std::string& name, const hdf5_value& value) {
  const auto write = [&]<class Element>(const Element& element) {
    const hdf5_handle object = opened(H5Oopen(file_.id(), path.c_str(), H5P_DEFAULT));
    const hdf5_handle type = type_of<Element>(), space = space_of({});
    const hdf5_handle named =
        opened(H5Acreate2(object.id(), name.c_str(), type.id(), space.id(), H5P_DEFAULT, H5P_DEFAULT));
    write_elements<Element>({element},
                            [&](const void* from) { return H5Awrite(named.id(), type.id(), from); });
  };
  at_path(error_kind::runtime, name_, path + "@" + name, [&] { std::visit(write, value); });
}

template <class Element>
void hdf5_writer::dataset(const std::string& path, const hdf5_array<Element>& array) {
  at_path(error_kind::runtime, name_, path, [&] {
    const auto wanted =
        std::accumulate(array.shape.begin(), array.shape.end(), std::uint64_t{1}, std::multiplies<>());
    ZT_CHECK(array.values.size() == wanted, runtime, array.values.size(), " values for a shape of ", wanted);
    const hdf5_handle type = type_of<Element>(), space = space_of(array.shape);
    const hdf5_handle set =
        opened(H5Dcreate2(file_.id(), path.c_str(), type.id(), space.id(), link_options().id(),
                          storage_of<Element>(array.shape).id(), H5P_DEFAULT));
    write_elements(array.values, [&](const void* from) {
      return H5Dwrite(set.id(), type.id(), H5S_ALL, H5S_ALL, H5P_DEFAULT, from);
    });
  });
}

void hdf5_writer::copy(const hdf5_reader& from, const std::string& path) {
  at_path(error_kind::runtime, name_, path, [&] {
    checked(H5Ocopy(from.file_.id(), ".", file_.id(), path.c_str(), H5P_DEFAULT, link_options().id()));
  });
}

void hdf5_writer::virtual_rows(const std::string& path, const std::vector<std::string>& rows,
                               std::uint64_t columns) {
  at_path(error_kind::runtime, name_, path, [&] {
    const hdf5_handle type = type_of<double>();
    const hdf5_handle space =
        space_of(columns > 0 ? hdf5_shape{rows.size(), columns} : hdf5_shape{rows.size()});
    const hdf5_handle storage = opened(H5Pcreate(H5P_DATASET_CREATE));
    const double missing = std::numeric_limits<double>::quiet_NaN();
    checked(H5Pset_fill_value(storage.id(), type.id(), &missing));
    for (hsize_t row = 0; row < rows.size(); ++row) {
      if (rows[row].empty()) continue;
      const hdf5_handle source = opened(H5Dopen2(file_.id(), rows[row].c_str(), H5P_DEFAULT));
      const hdf5_handle source_space = opened(H5Dget_space(source.id()));
      const hsize_t start[] = {row, 0};
      const hsize_t count[] = {
          1, static_cast<hsize_t>(checked(H5Sget_simple_extent_npoints(source_space.id())))};
      ZT_CHECK(count[1] <= std::max<hsize_t>(columns, 1), runtime, rows[row], " has ", count[1],
               " entries for ", columns, " columns");
      checked(H5Sselect_hyperslab(space.id(), H5S_SELECT_SET, start, nullptr, count, nullptr));
      checked(H5Pset_virtual(storage.id(), space.id(), ".", rows[row].c_str(), source_space.id()));
    }
    checked(H5Sselect_all(space.id()));
    opened(H5Dcreate2(file_.id(), path.c_str(), type.id(), space.id(), link_options().id(), storage.id(),
                      H5P_DEFAULT));
  });
}

void hdf5_writer::finish() {
  const auto image = at_path(error_kind::runtime, name_, "/", [&] {
    ZT_CHECK(output_, runtime, "was finished before");
    checked(H5Fflush(file_.id(), H5F_SCOPE_GLOBAL));
    std::vector<std::byte> bytes(
        static_cast<std::size_t>(checked(H5Fget_file_image(file_.id(), nullptr, 0))));
    checked(H5Fget_file_image(file_.id(), bytes.data(), bytes.size()));
    return bytes;
  });
  output_->write(image);  // names the file itself
  output_->commit();
  output_.reset();  // its lock would keep h5py out
}

hdf5_reader::hdf5_reader(const std::filesystem::path& file)
    : name_(file.string()), file_(file_on_disk(file)) {}

hdf5_reader::hdf5_reader(std::string name, hdf5_handle group)
    : name_(std::move(name)), file_(std::move(group)) {}

hdf5_reader hdf5_reader::below(const std::string& path) const {
  return at_path(error_kind::bad_input, name_, path, [&] {
    return hdf5_reader(name_ + path, opened(H5Gopen2(file_.id(), from_here(path).c_str(), H5P_DEFAULT)));
  });
}

std::vector<std::string> hdf5_reader::children(const std::string& path) const {
  return at_path(error_kind::bad_input, name_, path, [&] {
    const hdf5_handle group = opened(H5Gopen2(file_.id(), from_here(path).c_str(), H5P_DEFAULT));
    H5G_info_t info;
    checked(H5Gget_info(group.id(), &info));
    std::vector<std::string> names(info.nlinks);
    for (hsize_t i = 0; i < info.nlinks; ++i) {
      const auto get = [&](char* text, std::size_t size) {
        return checked(
            H5Lget_name_by_idx(group.id(), ".", H5_INDEX_NAME, H5_ITER_INC, i, text, size, H5P_DEFAULT));
      };
      names[i].resize(static_cast<std::size_t>(get(nullptr, 0)));
      get(names[i].data(), names[i].size() + 1);
    }
    return names;
  });
}

bool hdf5_reader::has_attribute(const std::string& path, const std::string& name) const {
  return at_path(error_kind::bad_input, name_, path + "@" + name, [&] {
    return checked(H5Aexists_by_name(file_.id(), from_here(path).c_str(), name.c_str(), H5P_DEFAULT)) > 0;
  });
}

hdf5_value hdf5_reader::attribute(const std::string& path, const std::string& name) const {
  return at_path(error_kind::bad_input, name_, path + "@" + name, [&]() -> hdf5_value {
    const hdf5_handle named =
        opened(H5Aopen_by_name(file_.id(), from_here(path).c_str(), name.c_str(), H5P_DEFAULT, H5P_DEFAULT));
    const hdf5_handle stored = opened(H5Aget_type(named.id())), space = opened(H5Aget_space(named.id()));
    ZT_CHECK(shape_of(space).empty(), runtime, "wanted one value, got an array");
    const auto read = [&]<class Element>(Element) {
      const hdf5_handle type = type_of<Element>();
      return read_elements<Element>(type, space, [&](void* to) { return H5Aread(named.id(), type.id(), to); })
          .at(0);
    };
    if (is_stored_as<double>(stored)) return read(double());
    if (is_stored_as<std::int64_t>(stored)) return read(std::int64_t());
    ZT_CHECK(is_stored_as<std::string>(stored), runtime, "neither a number nor a text of any length");
    return read(std::string());
  });
}

template <class Element>
hdf5_array<Element> hdf5_reader::dataset(const std::string& path) const {
  return at_path(error_kind::bad_input, name_, path, [&] {
    const hdf5_handle set = opened(H5Dopen2(file_.id(), from_here(path).c_str(), H5P_DEFAULT));
    refuse_numbers_elsewhere(set);
    const hdf5_handle stored = opened(H5Dget_type(set.id())), space = opened(H5Dget_space(set.id()));
    ZT_CHECK(is_stored_as<Element>(stored), runtime, "holds elements of another kind than the one asked for");
    const hdf5_handle type = type_of<Element>();
    auto values = read_elements<Element>(type, space, [&](void* to) {
      return H5Dread(set.id(), type.id(), H5S_ALL, H5S_ALL, H5P_DEFAULT, to);
    });
    return hdf5_array<Element>{std::move(values), shape_of(space)};
  });
}

template void hdf5_writer::dataset<double>(const std::string&, const hdf5_array<double>&);
template hdf5_array<double> hdf5_reader::dataset<double>(const std::string&) const;
template void hdf5_writer::dataset<float>(const std::string&, const hdf5_array<float>&);
template hdf5_array<float> hdf5_reader::dataset<float>(const std::string&) const;
template void hdf5_writer::dataset<std::int64_t>(const std::string&, const hdf5_array<std::int64_t>&);
template hdf5_array<std::int64_t> hdf5_reader::dataset<std::int64_t>(const std::string&) const;
template void hdf5_writer::dataset<std::uint8_t>(const std::string&, const hdf5_array<std::uint8_t>&);
template hdf5_array<std::uint8_t> hdf5_reader::dataset<std::uint8_t>(const std::string&) const;
template void hdf5_writer::dataset<std::string>(const std::string&, const hdf5_array<std::string>&);
template hdf5_array<std::string> hdf5_reader::dataset<std::string>(const std::string&) const;

}  // namespace zoetrope
