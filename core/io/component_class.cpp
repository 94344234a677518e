// See component_class.hpp.
#include "core/io/component_class.hpp"

namespace zoetrope {

std::string class_in(const config& options) {
  for (const char* key : {"_class_name", "tokenizer_class"})
    if (options.has(key)) return options.get<std::string>(key);
  if (!options.has("architectures")) return "";
  const auto names = options.get<std::vector<std::string>>("architectures");
  return names.empty() ? "" : names.front();
}

}  // namespace zoetrope
