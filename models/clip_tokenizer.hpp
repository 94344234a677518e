// CLIP's byte-level BPE tokenizer (Radford et al. 2021; Sennrich et al. 2016), with the ids of transformers
// 5's CLIPTokenizer on any Unicode text. Free of torch.
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace zoetrope {

struct tokenized_prompt {
  std::vector<int64_t> ids;  ///< max_length() of them: begin, text, end, padding
  std::string cut;           ///< the part of the prompt that did not fit; empty if all did
};

class clip_tokenizer {
 public:
  /// A folder with vocab.json and merges.txt (or tokenizer.json), tokenizer_config.json and
  /// special_tokens_map.json; the configuration files may stand in a folder of their own. error{bad_input}
  /// names the file and the line, key or token of what is wrong.
  explicit clip_tokenizer(const std::filesystem::path& folder,
                          const std::filesystem::path& configuration = {});
  ~clip_tokenizer();
  clip_tokenizer(clip_tokenizer&&) noexcept;

  /// From now on `content`, as it stands in a prompt, is `count` ids that follow each other after all others;
  /// the first of them. error{usage} for what is a token already, or is empty.
  int64_t add_token(const std::string& content, int64_t count = 1);

  /// All ids, with begin and end, neither padded nor cut. error{usage} with the byte offset for invalid
  /// UTF-8, and for more than 1 MB. A NUL is a character like any other, as in the reference.
  std::vector<int64_t> encode(std::string_view text) const;
  /// Padded and cut to max_length(); the end token stays last.
  tokenized_prompt tokenize(std::string_view text) const;
  /// The text of ids, as the reference decodes them; special tokens are left out.
  std::string decode(const std::vector<int64_t>& ids) const;

  int64_t max_length() const;       ///< model_max_length; 77 where the files leave it open
  int64_t vocabulary_size() const;  ///< with added tokens

 private:
  struct tables;
  std::unique_ptr<tables> tables_;
};

}  // namespace zoetrope
