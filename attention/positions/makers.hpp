// One maker a position; the table in position.cpp names them.
#pragma once

#include "attention/position.hpp"

namespace zoetrope {

std::unique_ptr<attention_position> make_no_position(const config& options, const position_site& site);
std::unique_ptr<attention_position> make_sinusoidal_position(const config& options,
                                                             const position_site& site);

}  // namespace zoetrope
