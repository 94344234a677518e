// See textual_inversion.hpp.
#include "training/textual_inversion.hpp"

#include <ATen/ATen.h>

#include "core/error.hpp"
#include "models/token_table.hpp"
#include "pipelines/added_words.hpp"

namespace zoetrope {

namespace {

// Ids of a text, without begin and end.
std::vector<int64_t> tokens_of(const clip_tokenizer& tokenizer, const std::string& text) {
  const std::vector<int64_t> ids = tokenizer.encode(text);
  return {ids.begin() + 1, ids.end() - 1};
}

// What is one token already would be another one from now on, in every prompt.
void expect_new(const clip_tokenizer& tokenizer, const std::string& word) {
  ZT_CHECK(tokens_of(tokenizer, word).size() != 1, usage, "textual_inversion: the word '", printable(word),
           "' is a token already; wanted a new one, as <", printable(word), ">");
}

// [vectors, C], each the mean of the words' rows.
at::Tensor first_rows(const clip_tokenizer& tokenizer, clip_text_encoder& encoder, const std::string& words,
                      int64_t vectors) {
  const std::vector<int64_t> ids = tokens_of(tokenizer, words);
  ZT_CHECK(!ids.empty(), usage, "textual_inversion: the initializer '", printable(words), "' is no word");
  const at::Tensor rows = encoder.tokens().weight.index_select(0, at::tensor(ids));
  return rows.to(at::kFloat).mean(0, /*keepdim=*/true).repeat({vectors, 1});
}

}  // namespace

textual_inversion_options read_textual_inversion_options(const config& options) {
  textual_inversion_options read;
  read.word = options.get<std::string>("word");
  if (read.word.empty() || read.word.find_first_of(" \t\r\n") != std::string::npos)
    throw options.at("word").fail("wanted one word, as <star>");
  read.initializer = options.get<std::string>("initializer");
  read.vectors = options.bounded("vectors", read.vectors, 1, 64);
  read.replaces = options.get("replaces", read.replaces);
  return read;
}

textual_inversion::textual_inversion(text_to_video_model& model, const textual_inversion_options& options,
                                     at::ScalarType compute_dtype)
    : options_(options) {
  expect_new(*model.tokenizer, options.word);
  expect_new(*model.tokenizer_2, options.word);
  const at::Tensor first =
      first_rows(*model.tokenizer, *model.text_encoder, options.initializer, options.vectors);
  const at::Tensor second =
      first_rows(*model.tokenizer_2, *model.text_encoder_2, options.initializer, options.vectors);
  for (const auto& [part, rows] : {std::pair("text_encoder.", first), {"text_encoder_2.", second}})
    parameters_.push_back({part + options.word, rows.detach().to(model.device).set_requires_grad(true)});
  for (module* part :
       std::initializer_list<module*>{model.unet.get(), model.text_encoder.get(), model.text_encoder_2.get()})
    part->to(model.device, compute_dtype);
  add_word(model, {options.word, parameters_[0].tensor, parameters_[1].tensor});
}

void textual_inversion::expect_trainable_on(const dataset& data) const {
  const std::string& said = options_.replaces.empty() ? options_.word : options_.replaces;
  for (int64_t i = 0; i < data.size(); ++i)
    if (data.label(i).caption.find(said) != std::string::npos) return;
  throw error(error_kind::usage, concat("textual_inversion: no caption of the data has '", printable(said),
                                        "' in it, as '", printable(data.label(0).caption), "'",
                                        options_.replaces.empty() ? "; give replaces" : ""));
}

std::string textual_inversion::told(const std::string& caption) const {
  if (options_.replaces.empty()) return caption;
  std::string text = caption;
  for (std::size_t at = text.find(options_.replaces); at != std::string::npos;
       at = text.find(options_.replaces, at + options_.word.size()))
    text.replace(at, options_.replaces.size(), options_.word);
  return text;
}

void textual_inversion::save(const training_model&, const std::filesystem::path& folder,
                             at::ScalarType dtype) {
  const auto stored = [&](std::size_t i) { return parameters_[i].tensor.detach().to(at::kCPU, dtype); };
  write_token_embedding(folder, {options_.word, stored(0), stored(1)});
}

}  // namespace zoetrope
