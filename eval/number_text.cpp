// See number_text.hpp.
#include "eval/number_text.hpp"

#include <cmath>
#include <cstdio>

#include "core/byte_size.hpp"
#include "core/error.hpp"

namespace zoetrope {

namespace {

template <class... Values>
std::string formatted(const char* format, Values... values) {
  char text[64];
  std::snprintf(text, sizeof text, format, values...);
  return text;
}

std::string seconds_text(double seconds, int digits) {
  if (seconds >= 1 || seconds == 0) return formatted("%.*g s", digits, seconds);
  return seconds >= 1e-3 ? formatted("%.*g ms", digits, seconds * 1e3)
                         : formatted("%.*g us", digits, seconds * 1e6);
}

std::string signed_text(double value, const std::string& unit, int digits) {
  if (std::isnan(value)) return "-";
  const double size = std::abs(value);
  return concat(value < 0 ? "-" : "", unit == "s"   ? seconds_text(size, digits)
                                      : unit == "B" ? readable_bytes(size)
                                                    : formatted("%.*g", digits, size));
}

}  // namespace

std::string shown_number(double value, const std::string& unit) { return signed_text(value, unit, 4); }

std::string shown_difference(double value, const std::string& unit) {
  return concat(value > 0 ? "+" : "", signed_text(value, unit, 3));
}

std::string shown_p(double p) {
  if (std::isnan(p)) return "-";
  return p < 1e-4 ? "<0.0001" : formatted(p < 0.1 ? "%.2g" : "%.2f", p);
}

std::string counted(std::size_t count, const std::string& noun) {
  return concat(count, " ", noun, count == 1 ? "" : "s");
}

}  // namespace zoetrope
