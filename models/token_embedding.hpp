// A word taught by textual inversion (Gal et al. 2022, arXiv 2208.01618): rows of both text encoders' tables,
// in diffusers' files.
//   a folder with learned_embeds.safetensors and learned_embeds_2.safetensors, each {"<word>": [n, C]}
//   one file with clip_l [n, C1] and clip_g [n, C2]; the file's name is the word
#pragma once

#include <ATen/core/Tensor.h>

#include <filesystem>
#include <string>

namespace zoetrope {

struct token_embedding {
  std::string word;
  at::Tensor first, second;  ///< [n, C1], [n, C2]: of text_encoder and text_encoder_2
};

/// error{bad_input} with the file for what is none.
token_embedding read_token_embedding(const std::filesystem::path& path);
/// Into a new folder, in the first of the forms.
void write_token_embedding(const std::filesystem::path& folder, const token_embedding& embedding);

}  // namespace zoetrope
