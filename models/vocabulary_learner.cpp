// See vocabulary_learner.hpp.
#include "models/vocabulary_learner.hpp"

#include <algorithm>
#include <map>

#include "core/error.hpp"
#include "core/io/atomic_file.hpp"
#include "core/io/atomic_folder.hpp"
#include "models/byte_alphabet.hpp"
#include "models/clip_tokenizer_text.hpp"

namespace zoetrope {

namespace {

constexpr const char* begin_token = "<|startoftext|>";
constexpr const char* end_token = "<|endoftext|>";
constexpr const char* word_end = "</w>";

using token_pair = std::pair<std::string, std::string>;

struct spelled_word {
  std::vector<std::string> symbols;
  int64_t count;
};

std::vector<std::string> spelled(const std::string& word) {
  std::vector<std::string> symbols;
  for (const char byte : word) symbols.push_back(byte_symbol(static_cast<uint8_t>(byte)));
  symbols.back() += word_end;
  return symbols;
}

std::vector<spelled_word> words_of(const std::vector<std::string>& texts) {
  std::map<std::string, int64_t> counts;
  for (const std::string& text : texts) {
    const std::string normalized = normalized_prompt(text);
    for (const std::string_view word : split_words(normalized)) ++counts[std::string(word)];
  }
  std::vector<spelled_word> words;
  for (const auto& [word, count] : counts) words.push_back({spelled(word), count});
  return words;
}

// The most frequent neighbours; a count of 0 where no word has two symbols.
std::pair<token_pair, int64_t> most_frequent(const std::vector<spelled_word>& words) {
  std::map<token_pair, int64_t> counts;
  for (const spelled_word& word : words)
    for (std::size_t i = 1; i < word.symbols.size(); ++i)
      counts[{word.symbols[i - 1], word.symbols[i]}] += word.count;
  const auto most = std::max_element(counts.begin(), counts.end(),
                                     [](const auto& a, const auto& b) { return a.second < b.second; });
  if (most == counts.end()) return {};
  return *most;
}

void merge_in(std::vector<std::string>& symbols, const token_pair& pair) {
  std::vector<std::string> merged;
  for (std::size_t i = 0; i < symbols.size(); ++i)
    if (i + 1 < symbols.size() && symbols[i] == pair.first && symbols[i + 1] == pair.second)
      merged.push_back(pair.first + symbols[++i]);
    else
      merged.push_back(symbols[i]);
  symbols = std::move(merged);
}

// The symbols by code point, which is the order of CLIP's own file.
std::vector<std::string> byte_symbols() {
  std::vector<std::string> symbols;
  for (int byte = 0; byte < 256; ++byte) symbols.push_back(byte_symbol(static_cast<uint8_t>(byte)));
  std::sort(symbols.begin(), symbols.end());  // UTF-8 sorts by code point
  return symbols;
}

nlohmann::json special_token(const char* content) {
  return {{"content", content},
          {"lstrip", false},
          {"normalized", true},
          {"rstrip", false},
          {"single_word", false}};
}

}  // namespace

vocabulary_files learned_vocabulary(const std::vector<std::string>& texts, int64_t merges) {
  vocabulary_files learned{.tokens_source = "vocab.json", .merges_source = "merges.txt"};
  const std::vector<std::string> symbols = byte_symbols();
  learned.tokens = symbols;
  for (const std::string& symbol : symbols) learned.tokens.push_back(symbol + word_end);
  std::vector<spelled_word> words = words_of(texts);
  while (static_cast<int64_t>(learned.merges.size()) < merges) {
    const auto [pair, count] = most_frequent(words);
    if (count < 2) break;
    learned.merges.push_back(pair);
    learned.tokens.push_back(pair.first + pair.second);
    for (spelled_word& word : words) merge_in(word.symbols, pair);
  }
  learned.tokens.insert(learned.tokens.end(), {begin_token, end_token});
  return learned;
}

void write_clip_tokenizer(const std::filesystem::path& folder, const vocabulary_files& vocabulary,
                          int64_t max_length) {
  make_folder(folder);
  nlohmann::json ids = nlohmann::json::object();
  for (std::size_t id = 0; id < vocabulary.tokens.size(); ++id) ids[vocabulary.tokens[id]] = id;
  std::string merges = "#version: 0.2\n";
  for (const auto& [left, right] : vocabulary.merges) merges += concat(left, " ", right, "\n");
  const nlohmann::json special = {{"bos_token", special_token(begin_token)},
                                  {"eos_token", special_token(end_token)},
                                  {"pad_token", end_token},
                                  {"unk_token", special_token(end_token)}};
  const nlohmann::json options = {{"add_prefix_space", false}, {"bos_token", begin_token},
                                  {"do_lower_case", true},     {"eos_token", end_token},
                                  {"errors", "replace"},       {"model_max_length", max_length},
                                  {"pad_token", end_token},    {"tokenizer_class", "CLIPTokenizer"},
                                  {"unk_token", end_token}};
  write_text_file(folder / "vocab.json", ids.dump(1) + "\n");
  write_text_file(folder / "merges.txt", merges);
  write_text_file(folder / "special_tokens_map.json", special.dump(2) + "\n");
  write_text_file(folder / "tokenizer_config.json", options.dump(2) + "\n");
}

}  // namespace zoetrope
