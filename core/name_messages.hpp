// What is said about names: one that is not known, with what may have been meant, and a list too long to be
// told whole.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace zoetrope {

/// `; did you mean 'euler'?`; empty where nothing in `known` is near.
std::string did_you_mean(std::string_view name, const std::vector<std::string>& known);
/// `unknown scheduler 'eular'; did you mean 'euler'? (known: euler, heun)`
std::string unknown_name(std::string_view kind, std::string_view name, const std::vector<std::string>& known);
/// `a, b, and 3 more`
std::string first_names(const std::vector<std::string>& names, std::size_t most = 20);

}  // namespace zoetrope
