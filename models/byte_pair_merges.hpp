// Byte-pair encoding (Sennrich et al. 2016, algorithm 1) over a byte-level vocabulary whose words end in
// `</w>`.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "models/vocabulary_files.hpp"

namespace zoetrope {

/// Tokens by id, and ids by token; ids are 0 … size-1.
class token_vocabulary {
 public:
  token_vocabulary() = default;
  /// error{bad_input} names `source` if a token stands twice.
  token_vocabulary(std::vector<std::string> tokens, const std::string& source);
  token_vocabulary(token_vocabulary&&) = default;  // a copy's ids_ would point into the original
  token_vocabulary& operator=(token_vocabulary&&) = default;

  std::size_t size() const { return tokens_.size(); }
  const std::string& token(int32_t id) const { return tokens_[id]; }
  /// -1 if it is not there.
  int32_t find(std::string_view token) const;

 private:
  std::vector<std::string> tokens_;
  std::unordered_map<std::string_view, int32_t> ids_;
};

class byte_pair_merges {
 public:
  /// `merges` in order of priority; error{bad_input} names `source` and the merge (counted from 1) that has
  /// an unknown token. Bytes without a symbol in the vocabulary become `unknown`, which must then be there.
  byte_pair_merges(const token_vocabulary& vocabulary, const merge_list& merges, const std::string& unknown,
                   const std::string& source);

  /// Appends the ids of one word, given as text.
  void append_ids(std::string_view word, std::vector<int64_t>& ids) const;

 private:
  struct merge {
    int32_t rank, result;
  };
  const merge* find(int32_t left, int32_t right) const;

  std::array<int32_t, 256> inner_{}, last_{};  ///< a byte's symbol inside a word, and at its end
  std::unordered_map<uint64_t, merge> merges_;
};

}  // namespace zoetrope
