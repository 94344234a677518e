// A regular file mapped into memory: pages arrive when touched and leave when released, so a checkpoint
// larger than memory can be read through. The mapping is private: nothing that is written to it reaches the
// file.
#pragma once

#include <cstddef>
#include <filesystem>
#include <memory>
#include <span>

namespace zoetrope {

class mapped_file {
 public:
  /// error{bad_input}: not there, not a regular file (FIFOs and devices are never waited for), cannot be
  /// read.
  static std::shared_ptr<const mapped_file> open(const std::filesystem::path& file);
  /// The same for a descriptor that is already open, which the mapping takes over; `file` is named in errors.
  static std::shared_ptr<const mapped_file> adopt(int descriptor, std::filesystem::path file);
  ~mapped_file();
  mapped_file(const mapped_file&) = delete;
  mapped_file& operator=(const mapped_file&) = delete;

  const std::filesystem::path& path() const { return file_; }
  std::span<const std::byte> bytes() const { return bytes_; }
  /// Tells the system that these bytes are read next, so that it fetches them in one go.
  void will_need(std::span<const std::byte> part) const;
  /// Tells the system that these bytes are not needed for now, so that they leave the resident set. Only
  /// pages that lie wholly inside `part` go; what was written to them (copy on write) is lost.
  void release_pages(std::span<const std::byte> part) const;
  /// error{bad_input} if the file under the mapping has changed its size since it was opened.
  void check_unchanged() const;

 private:
  mapped_file(int descriptor, std::filesystem::path file);
  int descriptor_;
  std::filesystem::path file_;
  std::span<const std::byte> bytes_;
};

}  // namespace zoetrope
