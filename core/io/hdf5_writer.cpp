// The writer of hdf5_file.hpp.
#include <algorithm>
#include <functional>
#include <limits>
#include <numeric>

#include "core/io/hdf5_elements.hpp"
#include "core/io/media_names.hpp"

namespace zoetrope {
namespace {

/// A file in memory alone: a full disk then shows in atomic_file, and not in the middle of HDF5's own
/// closing.
hid_t file_in_memory(const std::string& name) {
  silence_hdf5();
  const hdf5_handle access = opened(H5Pcreate(H5P_FILE_ACCESS));
  constexpr std::size_t growth = 1 << 20;
  checked(H5Pset_fapl_core(access.id(), growth, false));
  return checked(H5Fcreate(name.c_str(), H5F_ACC_TRUNC, H5P_DEFAULT, access.id()));
}

/// For new groups and datasets: names are UTF-8, and missing groups above are made.
hdf5_handle link_options() {
  hdf5_handle options = opened(H5Pcreate(H5P_LINK_CREATE));
  checked(H5Pset_create_intermediate_group(options.id(), 1));
  checked(H5Pset_char_encoding(options.id(), H5T_CSET_UTF8));
  return options;
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

}  // namespace

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

template void hdf5_writer::dataset<double>(const std::string&, const hdf5_array<double>&);
template void hdf5_writer::dataset<float>(const std::string&, const hdf5_array<float>&);
template void hdf5_writer::dataset<std::int64_t>(const std::string&, const hdf5_array<std::int64_t>&);
template void hdf5_writer::dataset<std::uint8_t>(const std::string&, const hdf5_array<std::uint8_t>&);
template void hdf5_writer::dataset<std::string>(const std::string&, const hdf5_array<std::string>&);

}  // namespace zoetrope
