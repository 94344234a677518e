// page.css and page.js as text; CMake makes assets.cpp of them.
#pragma once

#include <string_view>

namespace zoetrope {

extern const std::string_view report_style, report_script;

}  // namespace zoetrope
