// Results as HDF5 files, which h5py, Julia and MATLAB read. Groups make a tree; datasets are its arrays,
// attributes its small facts. A path is "/a/b"; "/" is the root. HDF5 here serves one thread at a time.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "core/io/atomic_file.hpp"

namespace zoetrope {

using hdf5_value = std::variant<std::int64_t, double, std::string>;
using hdf5_shape = std::vector<std::uint64_t>;

/// Elements in row-major order; an empty shape is one element. Element: double, float, std::int64_t,
/// std::uint8_t or std::string. Bytes are pictures: they are stored compressed (deflate), an entry of the
/// first dimension at a time.
template <class Element>
struct hdf5_array {
  std::vector<Element> values;
  hdf5_shape shape;
};

/// Something that HDF5 has open, closed with the object.
class hdf5_handle {
 public:
  explicit hdf5_handle(std::int64_t id) : id_(id) {}
  ~hdf5_handle();
  hdf5_handle(hdf5_handle&& other) noexcept : id_(std::exchange(other.id_, none)) {}

  std::int64_t id() const { return id_; }

 private:
  static constexpr std::int64_t none = -1;
  std::int64_t id_;
};

class hdf5_reader;

/// A new file. It is put together in memory and appears whole at finish(); without it, whatever stood there
/// stays. All errors are error{runtime} and name the file and the path in it.
class hdf5_writer {
 public:
  /// Checks that the file can be written, as atomic_file does.
  explicit hdf5_writer(const std::filesystem::path& file);

  /// A new group, and those above it where they are missing.
  void group(const std::string& path);
  /// On a group or dataset that is there; a name is given once.
  void attribute(const std::string& path, const std::string& name, const hdf5_value& value);
  /// A new dataset, and the groups above it where they are missing.
  template <class Element>
  void dataset(const std::string& path, const hdf5_array<Element>& array);
  /// The same with one dimension.
  template <class Element>
  void dataset(const std::string& path, const std::vector<Element>& values) {
    dataset(path, hdf5_array<Element>{values, {values.size()}});
  }
  /// The whole tree of `from` as the new group `path`: attributes, groups and datasets, as they are stored.
  void copy(const hdf5_reader& from, const std::string& path);
  /// A new virtual dataset of doubles: row i shows the dataset of numbers at rows[i] in this file, which has
  /// at most `columns` entries; what it lacks is NaN, and so is the row of an empty path. 0 columns: each row
  /// shows a single number, and there is one dimension.
  void virtual_rows(const std::string& path, const std::vector<std::string>& rows, std::uint64_t columns);
  /// Writes the file and lets go of it; call it last and once.
  void finish();

 private:
  std::string name_;
  std::optional<atomic_file> output_;  ///< until finish()
  hdf5_handle file_;
};

/// error{runtime} if what lies there is no earlier output of the same kind: an HDF5 file (results are never
/// written over) or a file with another ending than `ending` (".html"), which was somebody's work.
void expect_replaceable(const std::filesystem::path& file, std::string_view ending);

/// A file that may come from anywhere. All errors are error{bad_input} and name the file and the path in it.
/// Nothing but the file itself is read: links into other files, and datasets whose numbers lie in others, are
/// errors.
class hdf5_reader {
 public:
  explicit hdf5_reader(const std::filesystem::path& file);
  /// The group `path` as if it were a file of its own.
  hdf5_reader below(const std::string& path) const;

  /// Names of the groups and datasets in a group, in alphabetical order.
  std::vector<std::string> children(const std::string& path) const;
  bool has_attribute(const std::string& path, const std::string& name) const;
  /// Of the kind that it was written as: std::get<double>(file.attribute("/a", "ratio")).
  hdf5_value attribute(const std::string& path, const std::string& name) const;
  /// The stored elements must be of the kind that is asked for, or of a smaller one of that kind.
  template <class Element>
  hdf5_array<Element> dataset(const std::string& path) const;

 private:
  friend class hdf5_writer;
  hdf5_reader(std::string name, hdf5_handle group);

  std::string name_;
  hdf5_handle file_;  ///< or the group that is read as one
};

}  // namespace zoetrope
