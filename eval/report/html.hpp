// Pieces of HTML. Whatever comes from results is hostile text and passes through escaped().
#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace zoetrope {

/// For text and for attributes in quotes. Control characters and bytes that are not UTF-8 become U+FFFD.
std::string escaped(std::string_view text);
/// The same in an element that keeps its writing direction to itself.
std::string isolated(std::string_view text);

std::string base64(std::span<const std::byte> bytes);

struct html_cell {
  std::string body;        ///< HTML
  std::string attributes;  ///< " class=number"
};
/// A table of HTML; it may be scrolled sideways where it is wider than the page.
class html_table {
 public:
  html_table(std::string attributes, const std::vector<html_cell>& head);
  void row(const std::vector<html_cell>& cells, const std::string& attributes = "");
  std::string text() const { return text_ + "</tbody></table></div>\n"; }

 private:
  std::string text_;
};
html_cell number_cell(const std::string& body, const std::string& more_classes = "");

}  // namespace zoetrope
