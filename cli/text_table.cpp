// See text_table.hpp.
#include "cli/text_table.hpp"

#include <algorithm>

namespace zoetrope {

namespace {

// Code points, which is what a terminal's columns are for most scripts.
std::size_t width_of(const std::string& text) {
  return static_cast<std::size_t>(std::count_if(
      text.begin(), text.end(), [](char c) { return (static_cast<unsigned char>(c) & 0xC0) != 0x80; }));
}

}  // namespace

text_table::text_table(const std::vector<std::string>& head) {
  rows_.emplace_back();
  for (const std::string& name : head) {
    right_.push_back(name.starts_with(">"));
    rows_[0].push_back(right_.back() ? name.substr(1) : name);
  }
}

std::vector<std::string> text_table::lines() const {
  std::vector<std::size_t> widths(right_.size(), 0);
  for (const auto& row : rows_)
    for (std::size_t i = 0; i < row.size(); ++i) widths[i] = std::max(widths[i], width_of(row[i]));
  std::vector<std::string> lines;
  for (const auto& row : rows_) {
    std::string& line = lines.emplace_back();
    for (std::size_t i = 0; i < row.size(); ++i) {
      const std::string padding(widths[i] - width_of(row[i]), ' ');
      line += (i > 0 ? "  " : "") + (right_[i] ? padding + row[i] : row[i] + padding);
    }
    line.erase(line.find_last_not_of(' ') + 1);
  }
  return lines;
}

void text_table::print(const console& out) const {
  for (const std::string& line : lines()) out.print(line);
}

}  // namespace zoetrope
