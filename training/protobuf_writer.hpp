// Messages in protobuf's wire format (protobuf.dev/programming-guides/encoding), enough for TensorBoard's
// events: each call appends one field.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace zoetrope {

class protobuf_writer {
 public:
  protobuf_writer& integer(int field, int64_t value);
  protobuf_writer& real(int field, double value);
  protobuf_writer& real(int field, float value);
  /// A string, bytes, or a message that is finished.
  protobuf_writer& bytes(int field, std::string_view value);
  protobuf_writer& message(int field, const protobuf_writer& value) { return bytes(field, value.text_); }

  const std::string& text() const { return text_; }

 private:
  void tag(int field, int wire_type);
  void varint(uint64_t value);
  void little_endian(uint64_t value, int bytes);
  std::string text_;
};

}  // namespace zoetrope
