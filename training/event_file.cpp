// See event_file.hpp. Field numbers are those of TensorFlow's event.proto, summary.proto and tensor.proto.
#include "training/event_file.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <chrono>
#include <cstring>

#include "core/error.hpp"
#include "training/protobuf_writer.hpp"

extern "C" {
#include <libavutil/crc.h>
}

namespace zoetrope {
namespace {

namespace fs = std::filesystem;

error cannot_write(const fs::path& file) {
  return error(error_kind::runtime,
               concat(printable(file.string()), ": cannot be written: ", std::strerror(errno)));
}

std::string four_bytes(uint32_t value) {
  std::string bytes;
  for (int i = 0; i < 4; ++i) bytes += static_cast<char>(value >> (8 * i) & 255);
  return bytes;
}

protobuf_writer event(int64_t step, double wall_time) {
  protobuf_writer event;
  event.real(1, wall_time).integer(2, step);
  return event;
}

/// An Event with a Summary of one Value.
std::string summary_event(int64_t step, double wall_time, const protobuf_writer& value) {
  protobuf_writer summary;
  summary.message(1, value);
  return event(step, wall_time).message(5, summary).text();
}

double now() {
  return std::chrono::duration<double>(std::chrono::system_clock::now().time_since_epoch()).count();
}

/// A name that no other run takes: time, machine, process, and a count for the files of one second.
int open_new(const fs::path& folder, fs::path& path) {
  char host[256] = "localhost";
  ::gethostname(host, sizeof host - 1);
  for (int count = 0; count < 1000; ++count) {
    path = folder / concat("events.out.tfevents.", static_cast<int64_t>(now()), ".", host, ".", ::getpid(),
                           ".", count);
    const int descriptor = ::open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_APPEND | O_CLOEXEC, 0666);
    if (descriptor >= 0) return descriptor;
    if (errno != EEXIST) break;
  }
  throw cannot_write(path);
}

}  // namespace

uint32_t crc32c(std::string_view bytes) {
  static const std::array<AVCRC, 1024> table = [] {
    std::array<AVCRC, 1024> made{};
    av_crc_init(made.data(), /*le=*/1, 32, 0x82f63b78, sizeof made);  // 0x1edc6f41, lowest bit first
    return made;
  }();
  return ~av_crc(table.data(), ~0u, reinterpret_cast<const uint8_t*>(bytes.data()), bytes.size());
}

uint32_t masked_crc32c(std::string_view bytes) {
  const uint32_t crc = crc32c(bytes);
  return ((crc >> 15) | (crc << 17)) + 0xa282ead8u;
}

std::string tfrecord(std::string_view bytes) {
  std::string length = four_bytes(static_cast<uint32_t>(bytes.size())) +
                       four_bytes(static_cast<uint32_t>(static_cast<uint64_t>(bytes.size()) >> 32));
  const std::string check = four_bytes(masked_crc32c(length));
  return concat(length, check, bytes, four_bytes(masked_crc32c(bytes)));
}

event_file::event_file(const fs::path& folder, std::optional<int64_t> first_step) {
  std::error_code failure;
  fs::create_directories(folder, failure);
  if (failure) throw error(error_kind::runtime, concat(printable(folder.string()), ": ", failure.message()));
  descriptor_ = open_new(folder, path_);
  protobuf_writer opening;
  write(opening.real(1, now()).bytes(3, "brain.Event:2").text());
  constexpr int64_t start = 1;
  protobuf_writer session;
  if (first_step) write(event(*first_step, now()).message(7, session.integer(1, start)).text());
}

event_file::~event_file() { ::close(descriptor_); }

void event_file::write(std::string_view event) {
  const std::string record = tfrecord(event);
  std::string_view left = record;
  while (!left.empty()) {
    const ssize_t written = ::write(descriptor_, left.data(), left.size());
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) throw cannot_write(path_);
    left.remove_prefix(static_cast<std::size_t>(written));
  }
}

void event_file::scalar(const std::string& tag, int64_t step, double wall_time, double value) {
  protobuf_writer summary;
  write(summary_event(step, wall_time, summary.bytes(1, tag).real(2, static_cast<float>(value))));
}

void event_file::text(const std::string& tag, int64_t step, double wall_time, std::string_view value) {
  constexpr int64_t dt_string = 7;
  protobuf_writer plugin, metadata, extent, shape, tensor, summary;
  plugin.bytes(1, "text");
  metadata.message(1, plugin);
  shape.message(2, extent.integer(1, 1));
  tensor.integer(1, dt_string).message(2, shape).bytes(8, value);
  write(summary_event(step, wall_time, summary.bytes(1, tag).message(8, tensor).message(9, metadata)));
}

void event_file::image(const std::string& tag, int64_t step, double wall_time, int width, int height,
                       std::string_view encoded) {
  constexpr int64_t rgb = 3;
  protobuf_writer image, summary;
  image.integer(1, height).integer(2, width).integer(3, rgb).bytes(4, encoded);
  write(summary_event(step, wall_time, summary.bytes(1, tag).message(4, image)));
}

}  // namespace zoetrope
