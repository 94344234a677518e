// See plugin.hpp.
#include "pipelines/plugin.hpp"

#include <dlfcn.h>

#include "core/error.hpp"
#include "pipelines/plugin_abi.hpp"

namespace zoetrope {

namespace {

using abi_function = const char*();
using adding_function = void();

std::string loader_error() {
  const char* text = dlerror();
  return text == nullptr ? "unknown error" : text;
}

template <class Function>
Function* symbol_of(void* library, const char* name) {
  auto* symbol = reinterpret_cast<Function*>(dlsym(library, name));
  ZT_CHECK(symbol != nullptr, bad_input, "it is no plug-in: it has no function ", name);
  return symbol;
}

void add_parts_of(const std::filesystem::path& file) {
  void* library = dlopen(file.c_str(), RTLD_NOW | RTLD_LOCAL);
  ZT_CHECK(library != nullptr, bad_input, loader_error());
  const std::string abi = symbol_of<abi_function>(library, "zoetrope_plugin_abi")();
  ZT_CHECK(abi == plugin_abi, bad_input, "it was built for '", printable(abi), "', this program is '",
           plugin_abi, "': build it anew against these headers");
  symbol_of<adding_function>(library, "zoetrope_plugin")();
}

std::set<std::filesystem::path>& opened() {
  static std::set<std::filesystem::path> files;
  return files;
}

}  // namespace

void load_plugin(const std::filesystem::path& library) {
  std::error_code missing;
  const std::filesystem::path file = std::filesystem::canonical(library, missing);
  ZT_CHECK(!missing, bad_input, "plug-in ", printable(library.string()), ": ", missing.message());
  if (opened().count(file)) return;
  in_context(concat("plug-in ", printable(file.string())), [&] { add_parts_of(file); });
  opened().insert(file);
}

const std::set<std::filesystem::path>& loaded_plugins() { return opened(); }

}  // namespace zoetrope
