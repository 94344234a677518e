// A folder that appears whole or not at all: filled beside its place as `<name>.part`, synced, renamed.
//
//   atomic_folder output("clips/walk");
//   write_frames(output.part_path());
//   output.commit();
#pragma once

#include <filesystem>

namespace zoetrope {

/// True where nothing stands, or an empty folder.
bool is_free_folder(const std::filesystem::path& folder);

/// With all folders above it; error{runtime} names it and the system's reason.
void make_folder(const std::filesystem::path& folder);

class atomic_folder {
 public:
  /// Makes the part, and the folders above it. What a killed run left in the part goes. error{runtime} names
  /// the folder and says why: it is not free, another run is filling it, the system's reason.
  explicit atomic_folder(std::filesystem::path final_path);
  /// Removes the part unless commit() was called.
  ~atomic_folder();
  atomic_folder(const atomic_folder&) = delete;
  atomic_folder& operator=(const atomic_folder&) = delete;

  /// An empty folder, to be filled until commit().
  const std::filesystem::path& part_path() const { return part_path_; }
  /// fsync of all that is in it, rename, fsync of the folder above. error{runtime} where the place is no
  /// longer free: nothing is written over.
  void commit();

 private:
  std::filesystem::path final_path_, part_path_;
  int descriptor_ = -1;
  bool committed_ = false;
};

}  // namespace zoetrope
