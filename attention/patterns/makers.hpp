// One maker a pattern; the table in pattern.cpp names them.
#pragma once

#include "attention/pattern.hpp"

namespace zoetrope {

std::unique_ptr<attention_pattern> make_full_pattern(const config&, const std::vector<token_axis>&);

}  // namespace zoetrope
