// See config.hpp. All nodes of one tree share it; a node is a place in it, which need not exist yet.
#include "core/config.hpp"

#include <algorithm>
#include <set>
#include <type_traits>
#include <utility>

#include "core/json_text.hpp"
#include "core/utf8.hpp"

namespace zoetrope {

struct config::tree {
  json root;
  std::string source;
  // Places, as JSON pointers:
  std::set<std::string> entered;                              // something below was read
  std::set<std::string> taken;                                // read as a value, with all below
  std::set<std::string> asked;                                // keys that some reader knows of, there or not
  std::vector<std::pair<json::json_pointer, json>> defaults;  // values that stood in
};

namespace {

// The node at a place, made where it is not there. Callers know that no plain value stands in the way.
json& made(json& root, const json::json_pointer& where) {
  if (where.empty()) return root;
  json& parent = made(root, where.parent_pointer());
  if (parent.is_array()) return parent.at(std::stoul(where.back()));
  return parent[where.back()];
}

}  // namespace

// ---- the tree

config::config(json value, std::string source)
    : tree_(std::make_shared<tree>(tree{std::move(value), std::move(source), {}, {}, {}, {}})) {}

config::config(std::shared_ptr<tree> tree, json::json_pointer where)
    : tree_(std::move(tree)), where_(std::move(where)) {}

config config::load(const std::filesystem::path& file) {
  const std::string extension = file.extension().string();
  ZT_CHECK(extension == ".json" || extension == ".yaml" || extension == ".yml", bad_input,
           printable(file.string()), ": a config ends in .json, .yaml or .yml");
  const std::string text = read_text_file(file, 1u << 20);
  return extension == ".json" ? config(parse_json(text, file.string()), file.string())
                              : from_yaml(text, file.string());
}

config config::from_yaml(std::string_view text, const std::string& source) {
  json root = parse_yaml(text, source);
  return config(root.is_null() ? json::object() : std::move(root),
                source);  // a file of comments alone says nothing
}

const json& config::node() const {
  static const json nothing = json::object();
  return tree_->root.contains(where_) ? tree_->root.at(where_) : nothing;
}

bool config::is_object() const { return node().is_object(); }
bool config::is_array() const { return node().is_array(); }
bool config::is_null() const { return node().is_null(); }
std::size_t config::size() const { return node().size(); }

bool config::has(std::string_view key) const {
  tree_->asked.insert((where_ / std::string(key)).to_string());
  if (!node().is_object()) return false;
  const auto found = node().find(std::string(key));
  return found != node().end() && !found->is_null();
}

config config::at(std::string_view key) const {
  tree_->entered.insert(where_.to_string());
  tree_->asked.insert((where_ / std::string(key)).to_string());
  if (!node().is_object()) throw fail(concat("wanted an object with '", key, "', got ", node().type_name()));
  if (!node().contains(std::string(key))) {
    const std::string hint = nearest_name(key, keys());
    throw fail(
        concat("'", key, "' is missing", hint.empty() ? "" : "; did you mean '" + printable(hint) + "'?"));
  }
  return config(tree_, where_ / std::string(key));
}

config config::child(std::string_view key) const {
  tree_->entered.insert((where_ / std::string(key)).to_string());
  if (has(key)) {
    config below = at(key);
    if (!below.is_object()) throw below.fail(concat("wanted an object, got ", below.node().type_name()));
    return below;
  }
  expect_object();
  return config(tree_, where_ / std::string(key));
}

config config::at(std::size_t index) const {
  tree_->entered.insert(where_.to_string());
  if (!node().is_array() || index >= node().size())
    throw fail(concat("wanted a list with more than ", index, " entries"));
  return config(tree_, where_ / index);
}

std::vector<std::string> config::keys() const {
  std::vector<std::string> names;
  if (node().is_object())
    for (const auto& item : node().items()) names.push_back(item.key());
  return names;
}

// A plain value where a reader looks for keys would otherwise pass as "all at their defaults".
void config::expect_object() const {
  if (!node().is_object() && !node().is_null())
    throw fail(concat("wanted an object, got ", node().type_name()));
}

namespace {

template <class T>
constexpr bool is_list = !std::is_same_v<T, std::string> && requires {
  typename T::value_type;
};

template <class T>
std::string wanted_kind() {
  if constexpr (is_list<T>) return "a list, each entry " + wanted_kind<typename T::value_type>();
  if constexpr (std::is_same_v<T, bool>) return "true or false";
  if constexpr (std::is_same_v<T, std::string>) return "a string";
  if constexpr (std::is_same_v<T, double>) return "a number";
  if constexpr (std::is_same_v<T, uint64_t>) return "a whole number from 0";
  if constexpr (std::is_same_v<T, int>) return "a whole number of at most 32 bits";
  return "a whole number";
}

template <class T>
bool holds(const json& value) {
  if constexpr (is_list<T>)
    return value.is_array() && std::all_of(value.begin(), value.end(), holds<typename T::value_type>);
  else if constexpr (std::is_same_v<T, bool>)
    return value.is_boolean();
  else if constexpr (std::is_same_v<T, std::string>)
    return value.is_string();
  else if constexpr (std::is_same_v<T, double>)
    return value.is_number();
  else if (value.is_number_unsigned())
    return std::in_range<T>(value.get<uint64_t>());
  else
    return value.is_number_integer() && std::in_range<T>(value.get<int64_t>());
}

}  // namespace

template <class T>
T config::as() const {
  const json& node = value();
  if (!holds<T>(node))
    throw fail(concat("wanted ", wanted_kind<T>(), ", got ", printable(compact(node), 60)));
  return node.get<T>();
}

template bool config::as<bool>() const;
template int config::as<int>() const;
template int64_t config::as<int64_t>() const;
template uint64_t config::as<uint64_t>() const;
template double config::as<double>() const;
template std::string config::as<std::string>() const;
template std::vector<bool> config::as<std::vector<bool>>() const;
template std::vector<int> config::as<std::vector<int>>() const;
template std::vector<int64_t> config::as<std::vector<int64_t>>() const;
template std::vector<double> config::as<std::vector<double>>() const;
template std::vector<std::string> config::as<std::vector<std::string>>() const;

int64_t config::bounded(int64_t least, int64_t greatest) const {
  const auto number = as<int64_t>();
  if (number < least || number > greatest)
    throw fail(concat("got ", number, ", wanted ", least, " to ", greatest));
  return number;
}

int64_t config::bounded(std::string_view key, int64_t fallback, int64_t least, int64_t greatest) const {
  if (has(key)) return at(key).bounded(least, greatest);
  // What could not be written down is none, and described as null.
  return fallback < least || fallback > greatest ? get_optional<int64_t>(key).value_or(fallback)
                                                 : get(key, fallback);
}

// JSON, a list or an object as YAML writes it in one line ("[a red circle, a blue one]"), else the text itself.
static json value_from_text(const std::string& text, const std::string& source) {
  if (json::accept(text)) return parse_json(text, source);
  if (!text.starts_with('[') && !text.starts_with('{')) return text;
  try {
    return parse_yaml(text, source);
  } catch (const error&) {
    return text;  // "[sketch] a cat"
  }
}

void config::set(std::string_view assignment) {
  const std::string shown = concat("'", printable(assignment), "'");
  const auto equals = assignment.find('=');
  ZT_CHECK(equals != std::string_view::npos && equals > 0, usage, shown, " is not KEY.KEY=VALUE");
  ZT_CHECK(!first_invalid_utf8(assignment), usage, shown, " is not valid UTF-8");
  json* node = &made(tree_->root, where_);
  std::string_view keys = assignment.substr(0, equals);
  for (bool last = false; !last;) {
    const auto dot = keys.find('.');
    last = dot == std::string_view::npos;
    const std::string key(keys.substr(0, dot));
    ZT_CHECK(!key.empty(), usage, shown, ": empty key");
    if (node->is_array()) {
      const bool number =
          key.size() < 6 && std::all_of(key.begin(), key.end(), [](char c) { return c >= '0' && c <= '9'; });
      ZT_CHECK(number && std::stoul(key) < node->size(), usage, shown, ": '", key, "' is not an index below ",
               node->size());
      node = &(*node)[std::stoul(key)];
    } else {
      ZT_CHECK(node->is_object() || node->is_null(), usage, shown,
               ": there is a value, not an object, above '", key, "'");
      node = &(*node)[key];
    }
    if (!last) keys.remove_prefix(dot + 1);
  }
  const std::string text(assignment.substr(equals + 1));
  *node = value_from_text(text, shown);
}

const json& config::value() const {
  tree_->taken.insert(where_.to_string());
  return node();
}

// ---- what was read

std::vector<config> config::unread_nodes() const {
  std::vector<config> unread;
  const auto visit = [&](const auto& self, const json& node, const json::json_pointer& where) -> void {
    const std::string place = where.to_string();
    if (tree_->taken.count(place)) return;
    if (where != where_ && !tree_->entered.count(place)) return unread.push_back(config(tree_, where));
    for (const auto& item : node.items())
      if (node.is_array())
        self(self, item.value(), where / std::stoul(item.key()));
      else if (node.is_object())
        self(self, item.value(), where / item.key());
  };
  visit(visit, node(), where_);
  return unread;
}

std::vector<std::string> config::unread() const {
  std::vector<std::string> paths;
  for (const config& node : unread_nodes()) paths.push_back(node.path());
  return paths;
}

void config::expect_all_read() const {
  std::vector<std::string> lines;
  for (const config& node : unread_nodes()) {
    // Hints come from the names that readers asked for at the same level.
    std::vector<std::string> siblings;
    for (const std::string& known : tree_->asked)
      if (const json::json_pointer other(known);
          other.parent_pointer() == node.where_.parent_pointer() && other != node.where_)
        siblings.push_back(other.back());
    const std::string hint = nearest_name(node.where_.back(), siblings);
    lines.push_back(node.path() + (hint.empty() ? "" : concat(" (did you mean '", hint, "'?)")));
  }
  ZT_CHECK(lines.empty(), bad_input, source(), ": nothing reads ", joined(lines));
}

void config::record_default(std::string_view key, json value) const {
  expect_object();
  tree_->entered.insert(where_.to_string());
  tree_->taken.insert((where_ / std::string(key)).to_string());  // an explicit null has been read
  tree_->defaults.emplace_back(where_ / std::string(key), std::move(value));
}

json config::described() const {
  json filled = tree_->root;
  for (const auto& [where, value] : tree_->defaults) {
    json& place = made(filled, where);
    if (place.is_null()) place = value;
  }
  json& here = made(filled, where_);
  return here.is_null() ? json::object() : here;
}

std::string config::path() const {
  std::string path;
  for (json::json_pointer where = where_; !where.empty(); where = where.parent_pointer())
    path.insert(0, concat(".", printable(where.back())));
  return path.insert(0, "$");
}

const std::string& config::source() const { return tree_->source; }
error config::fail(const std::string& message) const {
  return error(error_kind::bad_input, concat(source(), ": ", path(), ": ", message));
}

}  // namespace zoetrope
