// Words that a model is taught after its vocabulary was made (textual inversion: models/token_embedding.hpp).
#pragma once

#include "models/token_embedding.hpp"
#include "pipelines/pipeline_model.hpp"

namespace zoetrope {

/// From now on prompts may name the word: both tokenizers give it ids, under which both text encoders' tables
/// have its rows. error{usage} for a word that is known already; error{bad_input} where widths differ.
void add_word(text_to_video_model& model, const token_embedding& added);

}  // namespace zoetrope
