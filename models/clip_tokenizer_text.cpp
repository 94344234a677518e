// See clip_tokenizer_text.hpp.
#include "models/clip_tokenizer_text.hpp"

#include <array>

#include "models/unicode_text.hpp"

namespace zoetrope {

std::string normalized_prompt(std::string_view text) {
  const std::string whole = composed(text);
  std::string out;
  out.reserve(whole.size());
  bool in_space = false;
  for (std::size_t at = 0; at < whole.size();) {
    const int32_t code_point = next_code_point(whole, at);
    const bool space = is_space(code_point);
    if (!space)
      append_lowercase(out, code_point);
    else if (!in_space)
      out += ' ';
    in_space = space;
  }
  return out;
}

namespace {

enum class character_class { letter, number, space, other };

character_class class_of(int32_t code_point) {
  if (is_letter(code_point)) return character_class::letter;
  if (is_number(code_point)) return character_class::number;
  return is_space(code_point) ? character_class::space : character_class::other;
}

// Length of what the pattern
//   <|startoftext|> | <|endoftext|> | 's | 't | 're | 've | 'm | 'll | 'd
// matches at the start of `rest`. The first two only get here where they are not added tokens; the byte-level
// step then splits them once more, into <|, the letters and |>, of which this returns the first.
std::size_t literal_length(std::string_view rest) {
  static constexpr std::array<std::string_view, 7> contractions{"'s", "'t", "'re", "'ve", "'m", "'ll", "'d"};
  for (const std::string_view contraction : contractions)
    if (rest.starts_with(contraction)) return contraction.size();
  return rest.starts_with("<|startoftext|>") || rest.starts_with("<|endoftext|>") ? 2 : 0;
}

}  // namespace

std::vector<std::string_view> split_words(std::string_view text) {
  std::vector<std::string_view> words;
  // Where the `|>` of a literal token must be cut from other punctuation that follows it.
  std::size_t literal_end = std::string_view::npos;
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t begin = at;
    if (const std::size_t length = literal_length(text.substr(at))) {
      if (text[at] == '<') literal_end = text.find("|>", at) + 2;
      at += length;
      words.push_back(text.substr(begin, length));
      continue;
    }
    const character_class first = class_of(next_code_point(text, at));
    if (first == character_class::space) continue;
    while (first != character_class::number && at < text.size() && at != literal_end) {
      std::size_t after = at;
      if (class_of(next_code_point(text, after)) != first) break;
      at = after;
    }
    words.push_back(text.substr(begin, at - begin));
  }
  return words;
}

}  // namespace zoetrope
