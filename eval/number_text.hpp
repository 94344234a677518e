// Numbers as people read them: a few digits, seconds and bytes in the unit that suits their size.
#pragma once

#include <string>

namespace zoetrope {

/// Four digits: "0.9812", "1.234 ms" for unit s, "12.5 MiB" for unit B; "-" for NaN. Other units are left to
/// the table's head.
std::string shown_number(double value, const std::string& unit = "");
/// Three digits and the sign: "+0.0123".
std::string shown_difference(double value, const std::string& unit = "");
/// "0.031", "<0.0001"; "-" for NaN.
std::string shown_p(double p);

/// "1 cell", "4 cells"
std::string counted(std::size_t count, const std::string& noun);

}  // namespace zoetrope
