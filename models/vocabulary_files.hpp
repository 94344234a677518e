// The vocabulary and the merges of a byte-pair tokenizer, as files hold them.
#pragma once

#include <filesystem>
#include <nlohmann/json.hpp>
#include <string>
#include <utility>
#include <vector>

namespace zoetrope {

/// Two tokens that become one, in order of priority.
using merge_list = std::vector<std::pair<std::string, std::string>>;

struct vocabulary_files {
  std::vector<std::string> tokens;  ///< by id
  merge_list merges;
  std::string tokens_source, merges_source;  ///< file names, for messages
};

/// vocab.json (token -> id, the ids 0 … n-1 each once) and merges.txt ("left right" a line, after a line
/// "#version"); at most 1 M each. error{bad_input} names file and token or line.
vocabulary_files read_vocabulary_files(const std::filesystem::path& folder);
/// The same from the "model" of a tokenizer.json; `source` is its name.
vocabulary_files vocabulary_of_model(const nlohmann::json& model, const std::string& source);

}  // namespace zoetrope
