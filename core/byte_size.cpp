// See byte_size.hpp.
#include "core/byte_size.hpp"

#include <array>
#include <cctype>
#include <charconv>
#include <cstdio>

#include "core/error.hpp"

namespace zoetrope {

namespace {

/// 1024 to which power; -1 for what is no unit.
int power_of(std::string unit) {
  for (char& letter : unit) letter = static_cast<char>(std::toupper(static_cast<unsigned char>(letter)));
  if (unit.empty() || unit == "B") return 0;
  const std::string ending = unit.substr(1);
  const std::size_t power = std::string("KMGT").find(unit[0]);
  const bool known = ending.empty() || ending == "B" || ending == "IB";
  return power != std::string::npos && known ? static_cast<int>(power) + 1 : -1;
}

}  // namespace

int64_t parse_bytes(std::string_view text) {
  constexpr double most = 4611686018427387904.0;  // 2^62
  double value = 0;
  const char* const end = text.data() + text.size();
  const auto [stop, failure] = std::from_chars(text.data(), end, value, std::chars_format::fixed);
  const char* unit = stop;
  while (unit != end && *unit == ' ') ++unit;
  const int power = failure == std::errc() ? power_of(std::string(unit, end)) : -1;
  for (int i = 0; i < power; ++i) value *= 1024;
  ZT_CHECK(power >= 0 && value >= 1 && value <= most, usage, "'", printable(text),
           "' is not a size of memory; wanted one like 6G, 512M or 1.5GiB");
  return static_cast<int64_t>(value);
}

std::string readable_bytes(double bytes) {
  static constexpr std::array units{"B", "KiB", "MiB", "GiB", "TiB"};
  std::size_t unit = 0;
  for (; bytes >= 1024 && unit + 1 < units.size(); ++unit) bytes /= 1024;
  char text[32];
  std::snprintf(text, sizeof text, unit == 0 ? "%.0f %s" : "%.1f %s", bytes, units[unit]);
  return text;
}

}  // namespace zoetrope
