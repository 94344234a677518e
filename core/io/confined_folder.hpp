// A folder that may have been written by anybody: files are opened by plain names only, and only if what was
// opened really lies beneath it, or, where it is a snapshot in a Hugging Face cache (a folder of links), in
// the `blobs` of the same repository.
#pragma once

#include <filesystem>
#include <memory>
#include <string>
#include <string_view>

#include "core/io/mapped_file.hpp"

namespace zoetrope {

/// One step of a path and nothing more: no separator, no control character, no leading dot, 1 to 255 bytes.
bool is_plain_name(std::string_view name);

class confined_folder {
 public:
  /// error{bad_input} if it is not a folder.
  explicit confined_folder(const std::filesystem::path& root);

  /// Absolute, without links.
  const std::filesystem::path& root() const { return root_; }
  /// True where something bears that name, even a broken link. `file` is relative to root,
  /// "unet/config.json".
  bool has(const std::filesystem::path& file) const;
  /// error{bad_input}: a name that is not plain, a link that leads out, a FIFO, device or folder, not there.
  std::shared_ptr<const mapped_file> map(const std::filesystem::path& file) const;
  /// The whole of a text file of at most `max_bytes`; the same errors, and one for a Git-LFS pointer.
  std::string read_text(const std::filesystem::path& file, std::size_t max_bytes = 64u << 20) const;

 private:
  std::filesystem::path root_, blobs_;
};

/// error{bad_input} if these bytes are what Git leaves in place of a large file that was not downloaded.
void expect_no_lfs_pointer(std::string_view bytes);

}  // namespace zoetrope
