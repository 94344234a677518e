// Text to tree: JSON and YAML, read strictly. See config.hpp for what each function promises.
#include <yaml-cpp/yaml.h>

#include "core/config.hpp"
#include "core/io/mapped_file.hpp"
#include "core/utf8.hpp"

namespace zoetrope {
namespace {

// Builds a json tree from SAX events, refusing what nlohmann's own builder lets pass: duplicate keys, deep
// nesting.
class strict_builder : public nlohmann::json_sax<json> {
 public:
  strict_builder(const std::string& source, int max_depth) : source_(source), max_depth_(max_depth) {}
  json result;

  bool null() override { return put(nullptr); }
  bool boolean(bool value) override { return put(value); }
  bool number_integer(number_integer_t value) override { return put(value); }
  bool number_unsigned(number_unsigned_t value) override { return put(value); }
  bool number_float(number_float_t value, const string_t&) override { return put(value); }
  bool string(string_t& value) override { return put(std::move(value)); }
  bool binary(binary_t&) override { return false; }
  bool start_object(std::size_t) override { return open(json::object()); }
  bool start_array(std::size_t) override { return open(json::array()); }
  bool end_object() override { return close(); }
  bool end_array() override { return close(); }
  bool key(string_t& name) override {
    ZT_CHECK(!open_.back()->contains(name), bad_input, source_, ": JSON key '", printable(name),
             "' appears twice");
    key_ = name;
    return true;
  }
  bool parse_error(std::size_t position, const std::string& token,
                   const nlohmann::detail::exception&) override {
    throw error(error_kind::bad_input,
                concat(source_, ": not valid JSON at byte ", position,
                       token.empty() ? ", where it ends" : concat(", near '", printable(token, 40), "'")));
  }

 private:
  json* place(json value) {
    if (open_.empty()) return &(result = std::move(value));
    json& parent = *open_.back();
    if (parent.is_array()) return &parent.emplace_back(std::move(value));
    return &(parent[key_] = std::move(value));
  }
  bool put(json value) {
    place(std::move(value));
    return true;
  }
  bool open(json value) {
    ZT_CHECK(static_cast<int>(open_.size()) < max_depth_, bad_input, source_, ": JSON nested deeper than ",
             max_depth_);
    open_.push_back(place(std::move(value)));
    return true;
  }
  bool close() {
    open_.pop_back();
    return true;
  }

  const std::string& source_;
  int max_depth_;
  std::vector<json*> open_;
  std::string key_;
};

// Aliases let a short text stand for a tree without end, so what is built is paid for by the byte.
class yaml_reader {
 public:
  explicit yaml_reader(const std::string& source) : source_(source) {}

  json read(const YAML::Node& node, int depth = 0) {
    ZT_CHECK(depth < 64, bad_input, source_, ": YAML nested deeper than 64");
    pay(32);
    switch (node.Type()) {
      case YAML::NodeType::Sequence: {
        json array = json::array();
        for (const auto& item : node) array.push_back(read(item, depth + 1));
        return array;
      }
      case YAML::NodeType::Map:
        return mapping(node, depth);
      case YAML::NodeType::Scalar:
        return scalar(node);
      default:
        return nullptr;
    }
  }

 private:
  // A plain "<<" stands for the keys of other mappings, as far as they are not given here
  // (https://yaml.org/type/merge.html).
  json mapping(const YAML::Node& node, int depth) {
    json object = json::object(), inherited = json::object();
    for (const auto& item : node) {
      const auto key = item.first.as<std::string>();
      pay(key.size());
      const bool merges = key == "<<" && item.first.Tag() != "!";
      ZT_CHECK(!object.contains(key) && !(merges && !inherited.empty()), bad_input, source_, ": YAML key '",
               printable(key), "' appears twice");
      if (merges)
        inherited = merged(item.second, depth);
      else
        object[key] = read(item.second, depth + 1);
    }
    object.insert(inherited.begin(), inherited.end());  // keeps what is there
    return object;
  }

  json merged(const YAML::Node& node, int depth) {
    json all = json::object();
    for (const YAML::Node& each :
         node.IsSequence() ? node.as<std::vector<YAML::Node>>() : std::vector{node}) {
      ZT_CHECK(each.IsMap(), bad_input, source_, ": line ", each.Mark().line + 1,
               ": '<<' wants a mapping or a list of them");
      const json found = read(each, depth + 1);
      all.insert(found.begin(), found.end());
    }
    return all;
  }

  void pay(std::size_t bytes) {
    ZT_CHECK(bytes <= budget_, bad_input, source_, ": YAML expands to more than 4 MB");
    budget_ -= bytes;
  }

  json scalar(const YAML::Node& node) {
    const std::string& text = node.Scalar();
    const std::string& tag = node.Tag();
    pay(text.size());
    if (tag == "!" || tag == "tag:yaml.org,2002:str") return text;  // quoted, or said to be text
    ZT_CHECK(tag == "?" || tag.empty(), bad_input, source_, ": line ", node.Mark().line + 1, ": YAML tag '",
             printable(tag), "' is not known");
    if (text == "true" || text == "false") return text == "true";
    // Numbers as JSON writes them; anything else (yes, 012, 1_000) stays a string rather than a surprise.
    const json number = json::parse(text, nullptr, /*allow_exceptions=*/false);
    return number.is_number() ? number : json(text);
  }

  const std::string& source_;
  std::size_t budget_ = 4'000'000;
};

// A NUL ends the text for both parsers; what follows would go unseen.
void expect_text(std::string_view text, const std::string& source) {
  const auto nul = text.find('\0');
  ZT_CHECK(nul == std::string_view::npos, bad_input, source, ": a NUL at byte ", nul);
  const auto broken = first_invalid_utf8(text);
  ZT_CHECK(!broken, bad_input, source, ": not valid UTF-8 at byte ", *broken);
}

}  // namespace

json parse_json(std::string_view text, const std::string& source, int max_depth) {
  expect_text(text, source);
  strict_builder builder(source, max_depth);
  json::sax_parse(text.begin(), text.end(), &builder);
  return std::move(builder.result);
}

json parse_yaml(std::string_view text, const std::string& source) {
  expect_text(text, source);
  try {
    const std::vector<YAML::Node> documents = YAML::LoadAll(std::string(text));
    ZT_CHECK(documents.size() <= 1, bad_input, source, ": ", documents.size(), " YAML documents, wanted one");
    return documents.empty() ? json(nullptr) : yaml_reader(source).read(documents.front());
  } catch (const YAML::Exception& failure) {
    throw error(error_kind::bad_input, concat(source, ": ", printable(failure.what())));
  }
}

std::string read_text_file(const std::filesystem::path& file, std::size_t max_bytes) {
  const auto mapping = mapped_file::open(file);
  const auto bytes = mapping->bytes();
  ZT_CHECK(bytes.size() <= max_bytes, bad_input, printable(file.string()), ": ", bytes.size(),
           " bytes, at most ", max_bytes, " are read");
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

}  // namespace zoetrope
