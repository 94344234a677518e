// An explicit table of the parts of one kind: name, maker, one line that says what it is. No
// static-initialiser registration, no macros: to add a part is to add a line to its kind's table. At
// run time only plug-ins add to one, and the metrics with networks (eval/network_metrics.hpp).
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/config.hpp"
#include "core/error.hpp"
#include "core/name_messages.hpp"

namespace zoetrope {

template <class Maker>
class registry {
 public:
  struct entry {
    std::string name;
    Maker make;
    std::string summary;
  };

  registry(std::string kind, std::vector<entry> entries)
      : kind_(std::move(kind)), entries_(std::move(entries)) {}

  const std::string& kind() const { return kind_; }
  const std::vector<entry>& entries() const { return entries_; }

  /// error{bad_input} for a name that is taken. Not while another thread reads the table.
  void add(entry part) {
    for (const entry& there : entries_)
      ZT_CHECK(there.name != part.name, bad_input, "there is already a ", kind_, " '", printable(part.name),
               "'");
    entries_.push_back(std::move(part));
  }

  std::vector<std::string> names() const {
    std::vector<std::string> all;
    for (const entry& part : entries_) all.push_back(part.name);
    return all;
  }

  /// The maker that `type` of `options` names, `fallback` where it is not there. error{bad_input} as
  /// find()'s, with the place in the config.
  const Maker& chosen(const config& options, const std::string& fallback) const {
    const std::string name = options.get("type", fallback);
    return in_context(concat(options.source(), ": ", options.path()),
                      [&]() -> const Maker& { return find(name); });
  }

  /// The maker of `name`; error{bad_input} that lists the known names and hints at the nearest.
  const Maker& find(std::string_view name) const {
    for (const entry& part : entries_)
      if (part.name == name) return part.make;
    throw error(error_kind::bad_input, unknown_name(kind_, name, names()));
  }

 private:
  std::string kind_;
  std::vector<entry> entries_;
};

}  // namespace zoetrope
