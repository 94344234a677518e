// One maker a temporal module; the table in temporal_module.cpp names them.
#pragma once

#include "models/temporal_module.hpp"

namespace zoetrope {

std::unique_ptr<temporal_module> make_no_temporal_module(const config& options, const temporal_site& site);
std::unique_ptr<temporal_module> make_torchscript_module(const config& options, const temporal_site& site);
std::unique_ptr<temporal_module> make_temporal_transformer(const config& options, const temporal_site& site);

}  // namespace zoetrope
