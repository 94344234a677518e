// See added_tokens.hpp.
#include "models/added_tokens.hpp"

#include <algorithm>

#include "models/unicode_text.hpp"

namespace zoetrope {
namespace {

// Start of the last character of non-empty `text`.
std::size_t last_character(std::string_view text) {
  std::size_t at = text.size() - 1;
  while (at > 0 && (static_cast<unsigned char>(text[at]) & 0xC0) == 0x80) --at;
  return at;
}

bool word_before(std::string_view text, std::size_t begin) {
  if (begin == 0) return false;
  std::size_t at = last_character(text.substr(0, begin));
  return is_word(next_code_point(text, at));
}

bool word_after(std::string_view text, std::size_t end) {
  return end < text.size() && is_word(next_code_point(text, end));
}

std::size_t skip_space_left(std::string_view text, std::size_t begin, std::size_t limit) {
  while (begin > limit) {
    const std::size_t previous = last_character(text.substr(0, begin));
    std::size_t at = previous;
    if (!is_space(next_code_point(text, at))) break;
    begin = previous;
  }
  return begin;
}

std::size_t skip_space_right(std::string_view text, std::size_t end) {
  while (end < text.size()) {
    std::size_t at = end;
    if (!is_space(next_code_point(text, at))) break;
    end = at;
  }
  return end;
}

}  // namespace

void added_token_matcher::add(std::string pattern, const added_token& token) {
  if (pattern.empty()) return;
  first_bytes_.set(static_cast<unsigned char>(pattern[0]));
  if (std::find(lengths_.begin(), lengths_.end(), pattern.size()) == lengths_.end())
    lengths_.insert(std::upper_bound(lengths_.begin(), lengths_.end(), pattern.size(), std::greater<>()),
                    pattern.size());
  tokens_[std::move(pattern)] = &token;
}

const added_token* added_token_matcher::longest_at(std::string_view rest, std::size_t& length) const {
  for (const std::size_t candidate : lengths_) {
    if (candidate > rest.size()) continue;
    const auto found = tokens_.find(std::string(rest.substr(0, candidate)));
    if (found == tokens_.end()) continue;
    length = candidate;
    return found->second;
  }
  return nullptr;
}

std::vector<text_piece> added_token_matcher::split(std::string_view text) const {
  std::vector<text_piece> pieces;
  std::size_t done = 0;
  const auto flush = [&](std::size_t until) {
    if (until > done) pieces.push_back({text.substr(done, until - done), nullptr});
  };
  for (std::size_t at = 0; at < text.size();) {
    std::size_t length = 0;
    const added_token* token =
        first_bytes_[static_cast<unsigned char>(text[at])] ? longest_at(text.substr(at), length) : nullptr;
    if (!token) {
      ++at;
      continue;
    }
    std::size_t begin = at, end = at + length;
    at = end;  // white space that a token swallows can still begin the next one
    if (token->single_word && (word_before(text, begin) || word_after(text, end))) continue;
    if (token->left_strip) begin = skip_space_left(text, begin, done);
    if (token->right_strip) end = skip_space_right(text, end);
    flush(begin);
    pieces.push_back({text.substr(begin, end - begin), token});
    done = end;
  }
  flush(text.size());
  return pieces;
}

}  // namespace zoetrope
