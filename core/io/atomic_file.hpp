// A file that appears whole or not at all: written beside its place as `<name>.part`, synced, renamed.
#pragma once

#include <filesystem>
#include <span>
#include <string_view>

namespace zoetrope {

class atomic_file {
 public:
  /// Checks that the folder can be written to; error{runtime} names the file and the system's reason.
  explicit atomic_file(std::filesystem::path final_path);
  /// Removes the part unless commit() was called: an existing file is left as it was.
  ~atomic_file();
  atomic_file(const atomic_file&) = delete;
  atomic_file& operator=(const atomic_file&) = delete;

  /// Where to write until commit(): the final name with ".part" before its extension ("demo.part.gif"), so
  /// that writers that look at the extension still see it.
  const std::filesystem::path& part_path() const { return part_path_; }
  void write(std::span<const std::byte> bytes);
  /// fsync, rename over the final name, fsync of the folder.
  void commit();

 private:
  std::filesystem::path final_path_, part_path_;
  int descriptor_ = -1;
  bool committed_ = false;
};

/// Whether somebody, this process or another, holds an atomic_file of that name.
bool is_being_written(const std::filesystem::path& final_path);

/// Waits until the data of a file, or the names in a folder, are on the disk: a new file needs both.
/// error{runtime} names the path and the system's reason.
void sync_to_disk(const std::filesystem::path& path);

/// Whole small files (configs, reports) in one call.
void write_text_file(const std::filesystem::path& file, std::string_view text);

}  // namespace zoetrope
