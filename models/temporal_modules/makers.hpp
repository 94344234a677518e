// One maker a temporal module; the table in temporal_module.cpp names them.
#pragma once

#include "models/temporal_module.hpp"

namespace zoetrope {

std::unique_ptr<temporal_module> make_no_temporal_module(const config& options, const temporal_site& site);
std::unique_ptr<temporal_module> make_torchscript_module(const config& options, const temporal_site& site);
std::unique_ptr<temporal_module> make_temporal_transformer(const config& options, const temporal_site& site);
std::unique_ptr<temporal_module> make_temporal_conv(const config& options, const temporal_site& site);
std::unique_ptr<temporal_module> make_pseudo_conv(const config& options, const temporal_site& site);
std::unique_ptr<temporal_module> make_temporal_shift(const config& options, const temporal_site& site);
std::unique_ptr<temporal_module> make_temporal_blend(const config& options, const temporal_site& site);

/// `groups` of a module's norms, 32 where it is not there; error{bad_input} unless they divide the channels.
int64_t read_norm_groups(const config& options, const temporal_site& site);

}  // namespace zoetrope
