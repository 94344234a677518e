// Tokens that are recognised as a whole in the prompt, before (or, if `normalized`, after) it is normalised,
// by the rules of the `tokenizers` library: the leftmost, then the longest, wins.
#pragma once

#include <bitset>
#include <cstdint>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace zoetrope {

struct added_token {
  std::string content;
  bool normalized = true;    ///< matched in the normalised text, in its own normalised form
  bool special = false;      ///< left out by decode()
  bool single_word = false;  ///< only where no letter, digit or mark touches it
  bool left_strip = false, right_strip = false;  ///< swallows the white space there
  int64_t id = -1;
  int64_t count = 1;  ///< ids that it stands for, from `id` on
};

/// A stretch of text: an added token, or what lies between.
struct text_piece {
  std::string_view text;
  const added_token* token = nullptr;
};

class added_token_matcher {
 public:
  added_token_matcher() = default;
  /// Finds each token by its `pattern`; the tokens must outlive this.
  void add(std::string pattern, const added_token& token);
  /// All of `text`, in order.
  std::vector<text_piece> split(std::string_view text) const;

 private:
  const added_token* longest_at(std::string_view rest, std::size_t& length) const;

  std::unordered_map<std::string, const added_token*> tokens_;
  std::vector<std::size_t> lengths_;  ///< that occur, longest first
  std::bitset<256> first_bytes_;
};

}  // namespace zoetrope
