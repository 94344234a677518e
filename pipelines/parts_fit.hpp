// Do the parts of a model fit each other? Answered from their configs alone, before any weights are read.
#pragma once

#include "models/clip_tokenizer.hpp"
#include "pipelines/model_origin.hpp"

namespace zoetrope {

/// error{bad_input} for the first pair that does not fit: both files, got and wanted.
void check_parts_fit(const model_origin& origin, const clip_tokenizer& tokenizer,
                     const clip_tokenizer& tokenizer_2);

}  // namespace zoetrope
