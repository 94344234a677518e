// See added_words.hpp.
#include "pipelines/added_words.hpp"

#include <ATen/ATen.h>

#include "core/error.hpp"
#include "models/token_table.hpp"

namespace zoetrope {

namespace {

void add_to(clip_tokenizer& tokenizer, clip_text_encoder& encoder, const std::string& word,
            const at::Tensor& rows) {
  ZT_CHECK(rows.size(1) == encoder.hidden_size(), bad_input, "the word '", printable(word),
           "': got vectors of ", rows.size(1), " numbers, wanted ", encoder.hidden_size());
  token_table& table = encoder.tokens();
  const int64_t id = tokenizer.add_token(word, rows.size(0));
  ZT_CHECK(id == table.size(), bad_input, "the word '", printable(word), "' has id ", id,
           ", but the text encoder's table holds ", table.size(), " words");
  table.added = table.added.defined() ? at::cat({table.added, rows}) : rows;
}

}  // namespace

void add_word(text_to_video_model& model, const token_embedding& added) {
  add_to(*model.tokenizer, *model.text_encoder, added.word, added.first);
  add_to(*model.tokenizer_2, *model.text_encoder_2, added.word, added.second);
}

}  // namespace zoetrope
