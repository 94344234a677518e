// What the measures of the page are, a line each: nobody should need the manual to read a table.
#include "eval/measure_meaning.hpp"
#include "eval/report/sections.hpp"

namespace zoetrope {

namespace {

std::string unit_text(const std::string& unit) {
  if (unit.empty() || unit == "1") return "";
  return unit == "s" ? "seconds" : unit == "B" ? "bytes" : unit;
}

std::string definition(const measure& measured) {
  const std::string unit = unit_text(measured.unit), meaning = meaning_of(measured);
  return concat(escaped(meaning), unit.empty() ? "" : " (" + escaped(unit) + ")", "; ",
                measured.better == "neither" ? "neither side" : escaped(measured.better), " is better");
}

}  // namespace

std::string measures_list(const report_data& data) {
  std::string items;
  for (const measure& measured : data.table.measures())
    if (!is_detail(measured))
      items +=
          concat("<div><dt>", isolated(measured.name), "</dt><dd>", definition(measured), "</dd></div>\n");
  return "<h3>What the measures are</h3>\n<dl class=measures>\n" + items + "</dl>\n";
}

}  // namespace zoetrope
