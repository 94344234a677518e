// Do the parts of a model folder fit each other? Answered from their configs alone, before any weights are
// read.
#pragma once

#include "core/io/model_directory.hpp"
#include "models/clip_tokenizer.hpp"

namespace zoetrope {

/// error{bad_input} for the first pair that does not fit: both files, got and wanted.
void check_parts_fit(const model_directory& directory, const clip_tokenizer& tokenizer,
                     const clip_tokenizer& tokenizer_2);

}  // namespace zoetrope
