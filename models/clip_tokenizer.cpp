// See clip_tokenizer.hpp.
#include "models/clip_tokenizer.hpp"

#include <algorithm>
#include <deque>
#include <unordered_map>

#include "core/error.hpp"
#include "models/added_tokens.hpp"
#include "models/byte_alphabet.hpp"
#include "models/byte_pair_merges.hpp"
#include "models/clip_tokenizer_files.hpp"
#include "models/clip_tokenizer_text.hpp"
#include "models/unicode_text.hpp"

namespace zoetrope {

namespace {

constexpr std::size_t max_prompt_bytes = 1'000'000;

// As Python's str.strip() sees it.
bool is_strippable(int32_t code_point) {
  return is_space(code_point) || (code_point >= 0x1C && code_point <= 0x1F);
}

std::string_view stripped(std::string_view text) {
  std::size_t begin = text.size(), end = begin;
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t here = at;
    if (is_strippable(next_code_point(text, at))) continue;
    begin = std::min(begin, here);
    end = at;
  }
  return text.substr(begin, end - begin);
}

std::string with_blanks_for_word_ends(std::string_view text) {
  static constexpr std::string_view word_end = "</w>";
  std::string out;
  for (std::size_t begin = 0; begin <= text.size();) {
    const std::size_t found = text.find(word_end, begin);
    out += text.substr(begin, found - begin);
    if (found == std::string_view::npos) break;
    out += ' ';
    begin = found + word_end.size();
  }
  return out;
}

}  // namespace

struct clip_tokenizer::tables {
  token_vocabulary vocabulary;
  byte_pair_merges merges;
  std::deque<added_token> added;  ///< addresses stay
  std::unordered_map<std::string, added_token*> added_by_content;
  std::unordered_map<int64_t, const added_token*> added_by_id;
  added_token_matcher raw, normalized;
  int64_t begin = 0, end = 0, padding = 0, max_length = 0, size = 0;

  explicit tables(clip_tokenizer_files files);
  void add(const added_token& token);
  void make_matchers(bool split_special_tokens);
  void match(const added_token& token);
  void append_ids(const added_token& token, std::vector<int64_t>& ids) const {
    for (int64_t i = 0; i < token.count; ++i) ids.push_back(token.id + i);
  }
  std::string decode(const int64_t* ids, std::size_t count, bool keep_special) const;
};

clip_tokenizer::tables::tables(clip_tokenizer_files files)
    : vocabulary(std::move(files.vocabulary.tokens), files.vocabulary.tokens_source),
      merges(vocabulary, files.vocabulary.merges, files.unknown, files.vocabulary.merges_source),
      max_length(files.max_length),
      size(static_cast<int64_t>(vocabulary.size())) {
  for (const added_token& token : files.added) add(token);
  for (const added_token& token : added) added_by_id[token.id] = &token;
  begin = added_by_content.at(files.begin)->id;
  end = added_by_content.at(files.end)->id;
  padding = added_by_content.at(files.padding)->id;
  make_matchers(files.split_special_tokens);
}

// A token of the vocabulary keeps its id, others come after it.
void clip_tokenizer::tables::add(const added_token& token) {
  added_token*& known = added_by_content[token.content];
  if (!known) {
    const int32_t id = vocabulary.find(token.content);
    known = &added.emplace_back();
    known->id = id >= 0 ? id : size++;
  }
  const int64_t id = known->id;
  *known = token;
  known->id = id;
}

void clip_tokenizer::tables::make_matchers(bool split_special_tokens) {
  for (const added_token& token : added) {
    if (token.special && split_special_tokens) continue;
    match(token);
  }
}

void clip_tokenizer::tables::match(const added_token& token) {
  if (token.normalized)
    normalized.add(normalized_prompt(token.content), token);
  else
    raw.add(token.content, token);
}

std::string clip_tokenizer::tables::decode(const int64_t* ids, std::size_t count, bool keep_special) const {
  std::string bytes;
  for (std::size_t i = 0; i < count; ++i) {
    if (const auto found = added_by_id.find(ids[i]); found != added_by_id.end()) {
      // The reference decodes a normalised token to its normalised form, and asks of that whether it is
      // special.
      const added_token& token = *found->second;
      const std::string text = token.normalized ? normalized_prompt(token.content) : token.content;
      const auto named = added_by_content.find(text);
      if (keep_special || named == added_by_content.end() || !named->second->special)
        bytes += bytes_of_token(text);
    } else if (ids[i] >= 0 && ids[i] < static_cast<int64_t>(vocabulary.size())) {
      bytes += bytes_of_token(vocabulary.token(static_cast<int32_t>(ids[i])));
    }
  }
  return std::string(stripped(with_blanks_for_word_ends(utf8_lossy(bytes))));
}

clip_tokenizer::clip_tokenizer(const std::filesystem::path& folder,
                               const std::filesystem::path& configuration)
    : tables_(std::make_unique<tables>(
          read_clip_tokenizer_files(folder, configuration.empty() ? folder : configuration))) {}
clip_tokenizer::~clip_tokenizer() = default;
clip_tokenizer::clip_tokenizer(clip_tokenizer&&) noexcept = default;

int64_t clip_tokenizer::add_token(const std::string& content, int64_t count) {
  ZT_CHECK(!content.empty() && tables_->vocabulary.find(content) < 0 &&
               !tables_->added_by_content.contains(content),
           usage, "tokenizer: '", printable(content), "' is a token already");
  tables_->add({.content = content, .count = count});
  const added_token& token = *tables_->added_by_content.at(content);
  tables_->size += count - 1;
  tables_->added_by_id[token.id] = &token;
  tables_->match(token);
  return token.id;
}

std::vector<int64_t> clip_tokenizer::encode(std::string_view text) const {
  ZT_CHECK(text.size() <= max_prompt_bytes, usage, "a prompt of ", text.size(), " bytes; at most ",
           max_prompt_bytes);
  require_utf8(text);
  std::vector<int64_t> ids{tables_->begin};
  for (const text_piece& outer : tables_->raw.split(text)) {
    if (outer.token) {
      tables_->append_ids(*outer.token, ids);
      continue;
    }
    const std::string normal = normalized_prompt(outer.text);
    for (const text_piece& piece : tables_->normalized.split(normal)) {
      if (piece.token)
        tables_->append_ids(*piece.token, ids);
      else
        for (const std::string_view word : split_words(piece.text)) tables_->merges.append_ids(word, ids);
    }
  }
  ids.push_back(tables_->end);
  return ids;
}

tokenized_prompt clip_tokenizer::tokenize(std::string_view text) const {
  tokenized_prompt prompt;
  prompt.ids = encode(text);
  const auto room = static_cast<std::size_t>(max_length()) - 1;  // without the end token
  if (prompt.ids.size() > room + 1) {
    prompt.cut = tables_->decode(prompt.ids.data() + room, prompt.ids.size() - 1 - room, true);
    prompt.ids.resize(room);
    prompt.ids.push_back(tables_->end);
  }
  prompt.ids.resize(room + 1, tables_->padding);
  return prompt;
}

std::string clip_tokenizer::decode(const std::vector<int64_t>& ids) const {
  return tables_->decode(ids.data(), ids.size(), false);
}

int64_t clip_tokenizer::max_length() const { return tables_->max_length; }
int64_t clip_tokenizer::vocabulary_size() const { return tables_->size; }

}  // namespace zoetrope
