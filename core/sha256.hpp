// SHA-256 (FIPS 180-4) of bytes in memory, by libavutil: names what a configuration or a clip was, to the
// bit.
#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <string_view>

namespace zoetrope {

/// 64 hexadecimal digits.
std::string sha256(std::span<const std::byte> bytes);
std::string sha256(std::string_view text);

}  // namespace zoetrope
