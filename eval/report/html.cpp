// See html.hpp.
#include "eval/report/html.hpp"

#include "core/utf8.hpp"

namespace zoetrope {

namespace {

constexpr const char* replacement = "\xEF\xBF\xBD";

std::string escaped_byte(char c) {
  switch (c) {
    case '&':
      return "&amp;";
    case '<':
      return "&lt;";
    case '>':
      return "&gt;";
    case '"':
      return "&quot;";
    case '\'':
      return "&#39;";
    case '\n':
    case '\t':
      return {c};
    default:
      return static_cast<unsigned char>(c) < 0x20 || c == 0x7F ? replacement : std::string(1, c);
  }
}

}  // namespace

std::string escaped(std::string_view text) {
  std::string safe;
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t length = utf8_length(text, at);
    if (length > 1)
      safe += text.substr(at, length);
    else
      safe += length == 1 ? escaped_byte(text[at]) : replacement;
    at += length > 0 ? length : 1;
  }
  return safe;
}

std::string isolated(std::string_view text) { return "<bdi>" + escaped(text) + "</bdi>"; }

std::string base64(std::span<const std::byte> bytes) {
  constexpr char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  std::string text;
  text.reserve((bytes.size() + 2) / 3 * 4);
  for (std::size_t i = 0; i < bytes.size(); i += 3) {
    const std::size_t left = std::min<std::size_t>(bytes.size() - i, 3);
    unsigned group = 0;
    for (std::size_t j = 0; j < 3; ++j)
      group = group << 8 | (j < left ? std::to_integer<unsigned>(bytes[i + j]) : 0);
    for (std::size_t j = 0; j < 4; ++j) text += j <= left ? digits[group >> (18 - 6 * j) & 63] : '=';
  }
  return text;
}

html_table::html_table(std::string attributes, const std::vector<html_cell>& head) {
  text_ = "<div class=scroll><table" + attributes + "><thead><tr>";
  for (const html_cell& cell : head) text_ += "<th scope=col" + cell.attributes + ">" + cell.body + "</th>";
  text_ += "</tr></thead><tbody>\n";
}

void html_table::row(const std::vector<html_cell>& cells, const std::string& attributes) {
  text_ += "<tr" + attributes + ">";
  for (std::size_t i = 0; i < cells.size(); ++i) {
    const std::string name = i == 0 ? "th scope=row" : "td";
    text_ += "<" + name + cells[i].attributes + ">" + cells[i].body + (i == 0 ? "</th>" : "</td>");
  }
  text_ += "</tr>\n";
}

html_cell number_cell(const std::string& body, const std::string& more_classes) {
  return {body, " class=\"number" + (more_classes.empty() ? "" : " " + more_classes) + "\""};
}

}  // namespace zoetrope
