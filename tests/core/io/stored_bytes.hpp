// safetensors files by hand: the eight length bytes, any header text, any data.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>

namespace zoetrope {

inline std::string stored_bytes(uint64_t header_length, const std::string& header, const std::string& data) {
  std::string bytes;
  for (int i = 0; i < 8; ++i) bytes += static_cast<char>(header_length >> 8 * i);
  return bytes + header + data;
}
inline std::string stored_bytes(const std::string& header, const std::string& data = "") {
  return stored_bytes(header.size(), header, data);
}

/// A file with one F32 tensor of one element a name.
template <class... Names>
std::string stored_scalars(const Names&... names) {
  std::string header, data;
  const auto add = [&](const std::string& name) {
    header += (header.empty() ? "{\"" : ",\"") + name +
              "\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[" + std::to_string(data.size()) + "," +
              std::to_string(data.size() + 4) + "]}";
    data += std::string(4, '\0');
  };
  (add(names), ...);
  return stored_bytes(header + "}", data);
}

inline std::string text_of(std::span<const std::byte> bytes) {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}
inline std::span<const std::byte> span_of(const std::string& text) { return std::as_bytes(std::span(text)); }

}  // namespace zoetrope
