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

std::string seconds_text(double seconds) {
  if (seconds >= 1 || seconds == 0) return formatted("%.4g s", seconds);
  return seconds >= 1e-3 ? formatted("%.4g ms", seconds * 1e3) : formatted("%.4g us", seconds * 1e6);
}

std::string size_text(double value, const std::string& unit) {
  if (unit == "s") return seconds_text(value);
  if (unit == "B") return readable_bytes(value);
  return formatted("%.4g", value);
}

}  // namespace

std::string shown_number(double value, const std::string& unit) {
  if (std::isnan(value)) return "-";
  return concat(value < 0 ? "-" : "", size_text(std::abs(value), unit));
}

std::string shown_difference(double value, const std::string& unit) {
  return concat(value > 0 ? "+" : "", shown_number(value, unit));
}

std::string shown_p(double p) {
  if (std::isnan(p)) return "-";
  return p < 1e-4 ? "<0.0001" : formatted(p < 0.1 ? "%.2g" : "%.2f", p);
}

}  // namespace zoetrope
