// Sizes of memory as people write them.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace zoetrope {

/// "6G", "6GiB", "512M", "1.5 GiB", "65536": units of 1024, upper or lower case; a bare number is bytes.
/// error{usage} for anything else, for less than one byte, and for more than 2^62.
int64_t parse_bytes(std::string_view text);

/// "6.9 GiB"
std::string readable_bytes(double bytes);

}  // namespace zoetrope
