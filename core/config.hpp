// A configuration tree: JSON or YAML in, one tree inside. Every value knows its path (`$.unet.norm_eps`),
// every read is recorded, so that a key nobody read is an error, and a default stands once: where it is read.
//
//   config c = config::load("smoke.yaml");
//   c.set("steps=30");                        // dots walk down, the value is JSON or a bare string
//   int steps = c.get("steps", 50);           // absent or null: 50, and `described()` will say 50
//   c.expect_all_read();
#pragma once

#include <filesystem>
#include <memory>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/error.hpp"
#include "core/names.hpp"

namespace zoetrope {

using json = nlohmann::json;

/// Strict JSON: valid UTF-8, no duplicate key, nesting at most `max_depth`; error{bad_input} names `source`
/// and the byte offset.
json parse_json(std::string_view text, const std::string& source, int max_depth = 64);
/// One YAML document as JSON would say it: numbers and true/false as in JSON, all else text. No duplicate
/// key, nesting at most 64, aliases expanding to at most 4 MB; error{bad_input} names `source`.
json parse_yaml(std::string_view text, const std::string& source);

/// A whole small text file (at most `max_bytes`); error{bad_input} names the file.
std::string read_text_file(const std::filesystem::path& file, std::size_t max_bytes = 64u << 20);

class config {
 public:
  /// The tree `value`; `source` is named in errors ("experiments/configs/smoke.yaml").
  explicit config(json value = json::object(), std::string source = "config");

  /// Reads .json, .yaml or .yml.
  static config load(const std::filesystem::path& file);
  static config from_yaml(std::string_view text, const std::string& source);

  /// Of what stands here; none of them counts as a read.
  bool is_object() const;
  bool is_array() const;
  bool is_null() const;
  std::size_t size() const;

  /// True where `key` is there and not null. Does not count as a read.
  bool has(std::string_view key) const;
  /// The child, which must be there; error{bad_input} with path and the nearest known key otherwise.
  config at(std::string_view key) const;
  /// The child object, or an empty one at that path: its reads and defaults count all the same.
  config child(std::string_view key) const;
  config at(std::size_t index) const;
  std::vector<std::string> keys() const;

  /// The whole value as T (bool, integers, double, std::string, std::vector of those); error{bad_input} says
  /// path, got and wanted.
  template <class T>
  T as() const;
  template <class T>
  T get(std::string_view key) const {
    return at(key).as<T>();
  }
  /// `fallback` where the key is absent or null; the default is recorded for described().
  template <class T>
  T get(std::string_view key, T fallback) const {
    if (has(key)) return at(key).as<T>();
    record_default(key, json(fallback));
    return fallback;
  }
  std::string get(std::string_view key, const char* fallback) const {
    return get(key, std::string(fallback));
  }
  /// This whole number; error{bad_input} says got and wanted where it is not in the range.
  int64_t bounded(int64_t least, int64_t greatest) const;
  /// The whole number at `key`, in the range; `fallback`, which need not be, where it is absent or null.
  int64_t bounded(std::string_view key, int64_t fallback, int64_t least, int64_t greatest) const;
  template <class T>
  std::optional<T> get_optional(std::string_view key) const {
    if (has(key)) return at(key).as<T>();
    record_default(key, nullptr);
    return std::nullopt;
  }

  /// Applies `a.b.0.c=value`; intermediate objects are made, the value is JSON if it parses, else a string.
  void set(std::string_view assignment);

  /// Marks this value and all below it as read (for a tree that is handed on as it is).
  const json& value() const;
  /// error{bad_input} that lists every key below this node that nobody read.
  void expect_all_read() const;
  /// Paths of the keys below this node that nobody read.
  std::vector<std::string> unread() const;
  /// This node as JSON with every default filled in that was asked for so far.
  json described() const;

  /// `$.unet.temporal`, and the source it came from.
  std::string path() const;
  const std::string& source() const;
  /// An error that starts with source and path.
  error fail(const std::string& message) const;

 private:
  struct tree;
  config(std::shared_ptr<tree> tree, json::json_pointer where);
  const json& node() const;
  void expect_object() const;
  std::vector<config> unread_nodes() const;
  void record_default(std::string_view key, json value) const;

  std::shared_ptr<tree> tree_;
  json::json_pointer where_;
};

}  // namespace zoetrope
