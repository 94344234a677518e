// Learns a byte-pair vocabulary in CLIP's layout from texts (Sennrich et al. 2016, algorithm 1; Radford et
// al. 2021): 256 byte symbols, the same as the ends of words, one token a merge, then begin and end of text.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "models/vocabulary_files.hpp"

namespace zoetrope {

/// At most `merges` merges, each of the pair that is then most frequent (of equally frequent ones the first
/// in byte order); fewer where no pair is left that stands twice. The order of the texts does not matter.
vocabulary_files learned_vocabulary(const std::vector<std::string>& texts, int64_t merges);

/// A tokenizer folder that transformers reads: vocab.json, merges.txt, special_tokens_map.json,
/// tokenizer_config.json with `max_length`. The folder is made.
void write_clip_tokenizer(const std::filesystem::path& folder, const vocabulary_files& vocabulary,
                          int64_t max_length);

}  // namespace zoetrope
