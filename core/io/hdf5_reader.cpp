// The reader of hdf5_file.hpp.
#include "core/io/hdf5_elements.hpp"
#include "core/io/hdf5_heaps.hpp"
#include "core/io/mapped_file.hpp"

namespace zoetrope {
namespace {

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

/// And where it says to be larger than a file of this size can be, since what it says decides how much memory
/// is taken. Deflate, by which pictures are kept, makes at most 1032 bytes of one
/// (https://zlib.net/zlib_tech.html).
void refuse_more_than_is_stored(const hdf5_handle& set, const hdf5_shape& shape, std::size_t element_bytes) {
  constexpr hsize_t most_of_a_byte = 1032;
  hsize_t stored = 0, wanted = element_bytes;
  checked(H5Fget_filesize(opened(H5Iget_file_id(set.id())).id(), &stored));
  bool fits = true;
  for (const std::uint64_t extent : shape) fits = fits && !__builtin_mul_overflow(wanted, extent, &wanted);
  ZT_CHECK(fits && wanted / most_of_a_byte <= stored, runtime, "says to have more elements than a file of ",
           stored, " bytes can hold");
}

/// A file is whole as soon as it is there: what its writer's lock is for is over then, and some network file
/// systems have no locks.
hdf5_handle without_lock() {
  hdf5_handle access = opened(H5Pcreate(H5P_FILE_ACCESS));
  checked(H5Pset_file_locking(access.id(), false, true));
  return access;
}

hdf5_handle file_on_disk(const std::filesystem::path& file) {
  silence_hdf5();
  const auto bytes =
      mapped_file::open(file);  // a regular file that can be read, or an error that says why not
  return at_path(error_kind::bad_input, file.string(), "/", [&] {
    ZT_CHECK(H5Fis_hdf5(file.c_str()) > 0, runtime, "no HDF5 file: it does not begin as one");
    check_global_heaps(bytes->bytes());
    const hdf5_handle access = without_lock();  // to its end: closing it would clear the reason below
    const hid_t id = H5Fopen(file.c_str(), H5F_ACC_RDONLY, access.id());
    ZT_CHECK(id >= 0, runtime, "half-written or damaged (HDF5: ", hdf5_reason(), ")");
    hdf5_handle open(id);
    refuse_links_elsewhere(open);
    return open;
  });
}

/// `path` from the file or group that is open: HDF5 takes "/a" from the file's root wherever it is asked.
std::string from_here(const std::string& path) { return path == "/" ? "." : "." + path; }

}  // namespace

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
    std::vector<std::string> names;
    // All in one walk: each by its number would search the group anew, and a merged file has many cells.
    const auto take = [](hid_t, const char* name, const H5L_info_t*, void* to) -> herr_t {
      static_cast<std::vector<std::string>*>(to)->emplace_back(name);
      return 0;
    };
    checked(H5Literate(group.id(), H5_INDEX_NAME, H5_ITER_INC, nullptr, take, &names));
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
    hdf5_shape shape = shape_of(space);
    refuse_more_than_is_stored(set, shape, sizeof(Element));
    const hdf5_handle type = type_of<Element>();
    auto values = read_elements<Element>(type, space, [&](void* to) {
      return H5Dread(set.id(), type.id(), H5S_ALL, H5S_ALL, H5P_DEFAULT, to);
    });
    return hdf5_array<Element>{std::move(values), std::move(shape)};
  });
}

template hdf5_array<double> hdf5_reader::dataset<double>(const std::string&) const;
template hdf5_array<float> hdf5_reader::dataset<float>(const std::string&) const;
template hdf5_array<std::int64_t> hdf5_reader::dataset<std::int64_t>(const std::string&) const;
template hdf5_array<std::uint8_t> hdf5_reader::dataset<std::uint8_t>(const std::string&) const;
template hdf5_array<std::string> hdf5_reader::dataset<std::string>(const std::string&) const;

}  // namespace zoetrope
