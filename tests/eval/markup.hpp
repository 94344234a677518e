// What tests look for in HTML and SVG.
#pragma once

#include <gtest/gtest.h>

#include <set>
#include <string>
#include <vector>

namespace zoetrope {

inline std::size_t count(const std::string& text, const std::string& part) {
  std::size_t found = 0;
  for (std::size_t at = text.find(part); at != std::string::npos; at = text.find(part, at + 1)) ++found;
  return found;
}

// Every element that is opened is closed, innermost first.
inline void expect_well_formed(const std::string& page) {
  static const std::set<std::string> empty{"meta", "input",  "img",      "br",      "wbr",
                                           "line", "circle", "polyline", "polygon", "!doctype"};
  std::vector<std::string> open;
  for (std::size_t at = page.find('<'); at != std::string::npos; at = page.find('<', at + 1)) {
    const bool closing = page[at + 1] == '/';
    const std::size_t begin = at + (closing ? 2 : 1), end = page.find_first_of(" >\n", begin);
    const std::string name = page.substr(begin, end - begin);
    if (closing) {
      ASSERT_FALSE(open.empty()) << "</" << name;
      ASSERT_EQ(open.back(), name) << page.substr(at, 80);
      open.pop_back();
    } else if (!empty.count(name)) {
      open.push_back(name);
      if (name == "script" || name == "style") at = page.find("</" + name, at) - 1;
    }
  }
  EXPECT_TRUE(open.empty()) << open.back();
}

}  // namespace zoetrope
