// TensorBoard's event files: a series of Event messages (tensorflow/core/util/event.proto), each framed as a
// TFRecord (tensorflow/core/lib/io/record_writer.h):
//   u64 length | u32 masked CRC32C of the length | bytes | u32 masked CRC32C of the bytes      little-endian
// Every event is written at once: what is there can be watched, and a killed run loses at most a torn last
// record, which TensorBoard passes over.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>

namespace zoetrope {

/// The Castagnoli polynomial's CRC (RFC 3720, section 12.1).
uint32_t crc32c(std::string_view bytes);
/// CRCs are stored rotated and shifted, since one over data that holds its own CRC is weak.
uint32_t masked_crc32c(std::string_view bytes);
std::string tfrecord(std::string_view bytes);

class event_file {
 public:
  /// Makes a new file in `folder`, which TensorBoard joins to those of the same folder. From what they hold,
  /// it drops the steps from `first_step` on, if that is told: a run that goes on from a checkpoint passes
  /// there again. error{runtime} names the file and the system's reason.
  explicit event_file(const std::filesystem::path& folder, std::optional<int64_t> first_step = {});
  ~event_file();
  event_file(const event_file&) = delete;
  event_file& operator=(const event_file&) = delete;

  const std::filesystem::path& path() const { return path_; }

  /// All of these throw error{runtime} where the file cannot be written. Times are seconds since 1970.
  void scalar(const std::string& tag, int64_t step, double wall_time, double value);
  /// Shown as Markdown.
  void text(const std::string& tag, int64_t step, double wall_time, std::string_view value);
  /// An encoded picture; an animated GIF plays.
  void image(const std::string& tag, int64_t step, double wall_time, int width, int height,
             std::string_view encoded);

 private:
  void write(std::string_view event);
  std::filesystem::path path_;
  int descriptor_ = -1;
};

}  // namespace zoetrope
