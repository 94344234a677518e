// Checkpoints that a killed run, a crash or a full disk cannot spoil. A checkpoint is a folder,
// root/step-00000100, put together under the name step-00000100.part: its files are synced, a manifest.json
// with their sizes and SHA-256 is added, everything is read back and compared with it, and only then is the
// folder renamed. Older checkpoints go after that. What the files are is up to the caller. Free of torch.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "training/folder_lock.hpp"

namespace zoetrope {

struct checkpoint {
  std::filesystem::path folder;
  int64_t step = 0;
};

std::filesystem::path finished_checkpoint(const std::filesystem::path& root, int64_t step);
/// Where the files of a checkpoint are put until it is whole; other ranks of a run write there too, between
/// the making of the writer and its commit().
std::filesystem::path unfinished_checkpoint(const std::filesystem::path& root, int64_t step);

class checkpoint_writer {
 public:
  /// Locks and makes the folders, and removes what killed runs left unfinished under `root`. error{runtime} if that
  /// cannot be done or another run is writing there; one writer at a time for a root.
  checkpoint_writer(std::filesystem::path root, int64_t step);
  /// Removes the unfinished folder unless commit() was called.
  ~checkpoint_writer();
  checkpoint_writer(const checkpoint_writer&) = delete;
  checkpoint_writer& operator=(const checkpoint_writer&) = delete;

  /// Where to write a file ("unet/model.safetensors"); the folder it lies in is made.
  std::filesystem::path path(const std::filesystem::path& name) const;

  /// Takes every file that is there now. A checkpoint of the same step is replaced in one go. With keep > 0,
  /// older ones are then removed, so that with this one `keep` are left; those of later steps stay.
  /// error{runtime}: nothing of before is lost, and this one does not exist.
  checkpoint commit(std::size_t keep = 0);

 private:
  std::filesystem::path root_, part_;
  int64_t step_;
  folder_lock lock_;
  bool committed_ = false;
};

/// Compares every file with the manifest; error{bad_input} says what is wrong with which file.
checkpoint open_checkpoint(const std::filesystem::path& folder);

struct checkpoint_search {
  std::optional<checkpoint> found;   ///< the one of the latest step that is whole
  std::vector<std::string> skipped;  ///< the later ones, each with the reason
  int damaged = 0;  ///< of them those that were finished once, and that somebody may still need
};
/// A root that is not there has none. error{bad_input} for one that cannot be read.
checkpoint_search latest_checkpoint(const std::filesystem::path& root);

}  // namespace zoetrope
