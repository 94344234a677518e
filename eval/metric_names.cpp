// See metric_names.hpp.
#include "eval/metric_names.hpp"

#include <algorithm>
#include <map>

namespace zoetrope {
namespace {

std::string type_of(const config& options) { return options.get<std::string>("type"); }

// Options after colons, as they are typed: no comma, at which lists of names are split.
std::string suffix_of(const config& options) {
  std::string told;
  for (const auto& [key, value] : options.value().items()) {
    if (key == "type" || value.is_null()) continue;
    const std::string text = value.is_string() ? value.get<std::string>() : value.dump();
    told += concat(told.empty() ? "" : ":", key, "=", text);
  }
  return told.empty() ? "" : "[" + told + "]";
}

}  // namespace

std::vector<std::string> option_suffixes(const std::vector<config>& options) {
  std::map<std::string, std::vector<json>> described;
  for (const config& one : options) {
    std::vector<json>& alike = described[type_of(one)];
    ZT_CHECK(std::find(alike.begin(), alike.end(), one.described()) == alike.end(), bad_input, "metric '",
             printable(type_of(one) + suffix_of(one)), "' is named twice");
    alike.push_back(one.described());
  }
  std::vector<std::string> suffixes;
  for (const config& one : options)
    suffixes.push_back(described[type_of(one)].size() > 1 ? suffix_of(one) : "");
  return suffixes;
}

}  // namespace zoetrope
