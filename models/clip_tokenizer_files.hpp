// The files of a CLIP tokenizer folder, as transformers reads them: vocab.json and merges.txt (or
// tokenizer.json, which wins where it is there), tokenizer_config.json, special_tokens_map.json,
// added_tokens.json.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "models/added_tokens.hpp"
#include "models/vocabulary_files.hpp"

namespace zoetrope {

struct clip_tokenizer_files {
  vocabulary_files vocabulary;
  /// In the order in which they are added: of two with the same content, the later one holds.
  std::vector<added_token> added;
  std::string begin = "<|startoftext|>", end = "<|endoftext|>", unknown = "<|endoftext|>",
              padding = "<|endoftext|>";
  /// model_max_length (or the older max_len) of tokenizer_config.json; 77 where that is missing, null or so
  /// large (over 65,536; transformers writes 1e30) that it means "not known". Anything else is an error.
  int64_t max_length = 77;
  bool split_special_tokens = false;  ///< special tokens in a prompt are ordinary text
};

/// The vocabulary from `folder`, everything else from `configuration` (mostly the same). error{bad_input}
/// names file and key, line or token.
clip_tokenizer_files read_clip_tokenizer_files(const std::filesystem::path& folder,
                                               const std::filesystem::path& configuration);

}  // namespace zoetrope
