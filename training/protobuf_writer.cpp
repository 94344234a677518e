// See protobuf_writer.hpp.
#include "training/protobuf_writer.hpp"

#include <bit>

namespace zoetrope {

namespace {
constexpr int wire_varint = 0, wire_eight_bytes = 1, wire_length = 2, wire_four_bytes = 5;
}

void protobuf_writer::varint(uint64_t value) {
  for (; value >= 128; value >>= 7) text_ += static_cast<char>((value & 127) | 128);
  text_ += static_cast<char>(value);
}

void protobuf_writer::tag(int field, int wire_type) {
  varint(static_cast<uint64_t>(field) << 3 | static_cast<uint64_t>(wire_type));
}

void protobuf_writer::little_endian(uint64_t value, int bytes) {
  for (int i = 0; i < bytes; ++i) text_ += static_cast<char>(value >> (8 * i) & 255);
}

protobuf_writer& protobuf_writer::integer(int field, int64_t value) {
  tag(field, wire_varint);
  varint(static_cast<uint64_t>(value));
  return *this;
}

protobuf_writer& protobuf_writer::real(int field, double value) {
  tag(field, wire_eight_bytes);
  little_endian(std::bit_cast<uint64_t>(value), 8);
  return *this;
}

protobuf_writer& protobuf_writer::real(int field, float value) {
  tag(field, wire_four_bytes);
  little_endian(std::bit_cast<uint32_t>(value), 4);
  return *this;
}

protobuf_writer& protobuf_writer::bytes(int field, std::string_view value) {
  tag(field, wire_length);
  varint(value.size());
  text_ += value;
  return *this;
}

}  // namespace zoetrope
