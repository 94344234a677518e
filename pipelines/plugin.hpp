// Parts from outside: a shared library that adds its own to the tables of the kinds, so that configs,
// `zoetrope list` and tests find them by name. It is built against these headers, with the compiler and
// libtorch that built the program:
//
//   #include "pipelines/plugin.hpp"
//   extern "C" const char* zoetrope_plugin_abi() { return zoetrope::plugin_abi; }
//   extern "C" void zoetrope_plugin(zoetrope::plugin_tables& tables) {
//     tables.attention_backends.add({"mine", make_mine, "what it is, in a line"});
//   }
//
// docs/plugins.md has a whole one. A plug-in is a program: load only what you trust.
#pragma once

#include <ATen/ATen.h>
#include <torch/headeronly/version.h>

#include <filesystem>
#include <set>

#include "attention/attention.hpp"
#include "attention/layout.hpp"
#include "attention/pattern.hpp"
#include "attention/position.hpp"
#include "models/resnet_block.hpp"
#include "models/temporal_module.hpp"
#include "schedulers/scheduler.hpp"

namespace zoetrope {

/// Changes whenever a plug-in has to be built anew.
inline constexpr const char* plugin_abi = "zoetrope plug-in 1, libtorch " TORCH_VERSION;

struct plugin_tables {
  registry<attention_layout_maker>& attention_layouts;
  registry<attention_pattern_maker>& attention_patterns;
  registry<attention_position_maker>& attention_positions;
  registry<attention_backend_maker>& attention_backends;
  registry<temporal_module_maker>& temporal_modules;
  registry<resnet_block_maker>& resnet_blocks;
  registry<scheduler_maker>& schedulers;
};

/// Opens it for as long as the process lives and lets it add its parts; a second time it is not opened again.
/// error{bad_input} for what is no plug-in, one of another ABI, and a name that is taken.
void load_plugin(const std::filesystem::path& library);
/// Those that were opened, by path.
const std::set<std::filesystem::path>& loaded_plugins();

}  // namespace zoetrope
