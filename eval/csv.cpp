// See csv.hpp.
#include "eval/csv.hpp"

#include <charconv>
#include <cmath>

#include "core/names.hpp"

namespace zoetrope {

namespace {

// In quotes where it holds what would end it; quotes inside are doubled.
std::string quoted(const std::string& field) {
  if (field.find_first_of(",\"\r\n") == std::string::npos) return field;
  std::string text = "\"";
  for (const char c : field) (c == '"' ? text += '"' : text) += c;
  return text + "\"";
}

}  // namespace

std::string csv_line(const std::vector<std::string>& fields) {
  std::vector<std::string> safe;
  for (const std::string& field : fields) safe.push_back(quoted(field));
  return joined(safe, ",") + "\r\n";
}

std::string csv_number(double value) {
  if (!std::isfinite(value)) return "";
  char text[32];
  return {text, std::to_chars(text, text + sizeof text, value).ptr};
}

}  // namespace zoetrope
