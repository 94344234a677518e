// What happens to a prompt before byte-pair encoding (transformers' tokenization_clip.py): composed, white
// space collapsed, lowercased, then split into words.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace zoetrope {

/// Normal form C, each run of white space one blank, lowercase. `text` is valid UTF-8.
std::string normalized_prompt(std::string_view text);

/// The words of normalised text, in order: contractions, runs of letters, single digits, runs of anything
/// else but white space, which is dropped. The views point into `text`.
std::vector<std::string_view> split_words(std::string_view text);

}  // namespace zoetrope
