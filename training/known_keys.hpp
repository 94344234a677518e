// Keys that nobody knows, told before anything long begins.
#pragma once

#include <string>
#include <vector>

#include "core/config.hpp"

namespace zoetrope {

/// As config::expect_all_read(), for a node of which all has been read but what stands under the keys
/// `handed_on`: their readers come later.
void expect_keys_read(const config& options, const std::vector<std::string>& handed_on);

}  // namespace zoetrope
