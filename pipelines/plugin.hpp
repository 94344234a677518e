// Parts from outside: a shared library that adds its own to the tables of their kinds, so that configs,
// `zoetrope list` and tests find them by name. It is built against zoetrope's headers, with the compiler and
// libtorch that built the program:
//
//   #include "attention/attention.hpp"    // of the kind
//   #include "pipelines/plugin_abi.hpp"   // written by the build, into include/ of its folder
//   extern "C" const char* zoetrope_plugin_abi() { return zoetrope::plugin_abi; }
//   extern "C" void zoetrope_plugin() {
//     zoetrope::attention_backends().add({"mine", make_mine, "what it is, in a line"});
//   }
//
// docs/plugins.md has whole ones. A plug-in is a program: load only what you trust.
#pragma once

#include <filesystem>
#include <set>

namespace zoetrope {

/// Opens it for as long as the process lives and lets it add its parts; a second time it is not opened again.
/// error{bad_input} for what is no plug-in, one for other headers or another libtorch, and a name that is taken.
void load_plugin(const std::filesystem::path& library);
/// Those that were opened, by path.
const std::set<std::filesystem::path>& loaded_plugins();

}  // namespace zoetrope
