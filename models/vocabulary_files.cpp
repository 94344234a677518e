// See vocabulary_files.hpp.
#include "models/vocabulary_files.hpp"

#include <algorithm>
#include <string_view>

#include "core/config.hpp"
#include "core/error.hpp"

namespace zoetrope {

namespace fs = std::filesystem;

namespace {

constexpr std::size_t max_entries = 1'000'000;

using token_ids = std::vector<std::pair<std::string, uint64_t>>;

// Reads {"token": id, …} without building a tree: half of the time that a tokenizer takes to load.
class token_id_reader : public nlohmann::json_sax<json> {
 public:
  explicit token_id_reader(const std::string& source) : source_(source) {}
  token_ids entries;

  bool key(string_t& token) override {
    ZT_CHECK(entries.size() < max_entries, bad_input, source_, ": more than ", max_entries, " tokens");
    entries.emplace_back(std::move(token), 0);
    return true;
  }
  bool number_unsigned(number_unsigned_t id) override {
    if (depth_ != 1) refuse();
    entries.back().second = id;
    return true;
  }
  bool start_object(std::size_t) override { return ++depth_ == 1 || refuse(); }
  bool end_object() override { return --depth_ == 0; }
  bool null() override { return refuse(); }
  bool boolean(bool) override { return refuse(); }
  bool number_integer(number_integer_t) override { return refuse(); }
  bool number_float(number_float_t, const string_t&) override { return refuse(); }
  bool string(string_t&) override { return refuse(); }
  bool binary(binary_t&) override { return refuse(); }
  bool start_array(std::size_t) override { return refuse(); }
  bool end_array() override { return refuse(); }
  bool parse_error(std::size_t position, const std::string& token,
                   const nlohmann::detail::exception&) override {
    throw error(error_kind::bad_input, concat(source_, ": not valid JSON at byte ", position, ", near '",
                                              printable(token, 40), "'"));
  }

 private:
  [[noreturn]] bool refuse() const {
    throw error(
        error_kind::bad_input,
        concat(source_, ": wanted an object of tokens and ids (whole numbers from 0 on), got something else ",
               entries.empty() ? "" : "for token '" + printable(entries.back().first) + "'"));
  }
  const std::string& source_;
  int depth_ = 0;
};

std::vector<std::string> tokens_by_id(token_ids entries, const std::string& source) {
  ZT_CHECK(!entries.empty(), bad_input, source, ": the vocabulary is empty");
  std::vector<std::string> tokens(entries.size());
  std::vector<bool> taken(entries.size());
  for (auto& [token, id] : entries) {
    ZT_CHECK(id < tokens.size(), bad_input, source, ": token '", printable(token), "' has the id ", id,
             ", but the ids of ", tokens.size(), " tokens go from 0 to ", tokens.size() - 1);
    ZT_CHECK(!taken[id], bad_input, source, ": tokens '", printable(tokens[id]), "' and '", printable(token),
             "' have the same id ", id);
    taken[id] = true;
    tokens[id] = std::move(token);
  }
  return tokens;
}

// "left right", as a line of merges.txt.
std::pair<std::string, std::string> merge_of(std::string_view line, const std::string& source,
                                             std::string_view what, std::size_t number) {
  const std::size_t blank = line.find(' ');
  ZT_CHECK(blank != std::string_view::npos && blank > 0 && blank + 1 < line.size() &&
               line.find(' ', blank + 1) == std::string_view::npos,
           bad_input, source, ": ", what, " ", number, ": wanted two tokens and a blank between them, got '",
           printable(line), "'");
  return {std::string(line.substr(0, blank)), std::string(line.substr(blank + 1))};
}

merge_list merges_of_text(std::string_view text, const std::string& source) {
  merge_list merges;
  std::size_t line_number = 0;
  for (std::size_t begin = 0; begin < text.size();) {
    const std::size_t end = std::min(text.find('\n', begin), text.size());
    std::string_view line = text.substr(begin, end - begin);
    begin = end + 1;
    ++line_number;
    if (line.ends_with('\r')) line.remove_suffix(1);
    if (line.starts_with("#version")) continue;
    ZT_CHECK(merges.size() < max_entries, bad_input, source, ": more than ", max_entries, " merges");
    merges.push_back(merge_of(line, source, "line", line_number));
  }
  return merges;
}

merge_list merges_of_list(const json& list, const std::string& source) {
  ZT_CHECK(list.is_array() && list.size() <= max_entries, bad_input, source,
           ": model.merges is not a list of at most ", max_entries);
  merge_list merges;
  for (const json& entry : list) {
    if (entry.is_string()) {
      merges.push_back(
          merge_of(entry.get_ref<const std::string&>(), source, "model.merges entry", merges.size()));
      continue;
    }
    ZT_CHECK(entry.is_array() && entry.size() == 2 && entry[0].is_string() && entry[1].is_string(), bad_input,
             source, ": model.merges entry ", merges.size(), ": wanted two tokens, got ",
             printable(entry.dump()));
    merges.emplace_back(entry[0], entry[1]);
  }
  return merges;
}

}  // namespace

vocabulary_files read_vocabulary_files(const fs::path& folder) {
  vocabulary_files files;
  files.tokens_source = (folder / "vocab.json").string();
  files.merges_source = (folder / "merges.txt").string();
  token_id_reader reader(files.tokens_source);
  const std::string text = read_text_file(folder / "vocab.json");
  json::sax_parse(text, &reader);
  files.tokens = tokens_by_id(std::move(reader.entries), files.tokens_source);
  files.merges = merges_of_text(read_text_file(folder / "merges.txt"), files.merges_source);
  return files;
}

vocabulary_files vocabulary_of_model(const json& model, const std::string& source) {
  ZT_CHECK(
      model.is_object() && model.contains("vocab") && model["vocab"].is_object() && model.contains("merges"),
      bad_input, source, ": model has no vocab or no merges");
  token_ids entries;
  for (const auto& [token, id] : model["vocab"].items()) {
    ZT_CHECK(id.is_number_unsigned(), bad_input, source, ": the id of token '", printable(token), "' is ",
             printable(id.dump()), "; wanted a whole number from 0 on");
    entries.emplace_back(token, id.get<uint64_t>());
  }
  ZT_CHECK(entries.size() <= max_entries, bad_input, source, ": more than ", max_entries, " tokens");
  return {tokens_by_id(std::move(entries), source), merges_of_list(model["merges"], source), source, source};
}

}  // namespace zoetrope
