// Tables for other programs: comma-separated values as RFC 4180 has them.
#pragma once

#include <string>
#include <vector>

namespace zoetrope {

/// A row with its line end, \r\n; fields are quoted where they need it.
std::string csv_line(const std::vector<std::string>& fields);
/// As many digits as it takes to read back the same bits; empty for what is no finite number.
std::string csv_number(double value);

}  // namespace zoetrope
