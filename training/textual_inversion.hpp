// Textual inversion (Gal et al. 2022, arXiv 2208.01618): a new word whose vectors alone are trained, in both
// text encoders; every weight stays as it is.
#pragma once

#include "core/config.hpp"
#include "pipelines/pipeline_model.hpp"
#include "training/dataset.hpp"
#include "training/trainable.hpp"

namespace zoetrope {

struct textual_inversion_options {
  std::string word;         ///< "<star>"; any text that no other word is like
  std::string initializer;  ///< known words, whose mean the vectors start from
  int64_t vectors = 1;
  std::string replaces;  ///< what captions say for it; empty: they say the word itself
};
/// Keys word, initializer, vectors 1, replaces.
textual_inversion_options read_textual_inversion_options(const config& options);

class textual_inversion : public trainable {
 public:
  /// Adds the word to `model`, whose text encoders and UNet are cast to `compute_dtype` for good.
  /// error{usage} for a word that is known already.
  textual_inversion(text_to_video_model& model, const textual_inversion_options& options,
                    at::ScalarType compute_dtype);

  /// "text_encoder.<word>" and "text_encoder_2.<word>", [vectors, C].
  const trained_parameters& parameters() const override { return parameters_; }
  std::string told(const std::string& caption) const override;
  void refresh() override {}
  void expect_trainable_on(const dataset& data) const override;
  /// The word alone (models/token_embedding.hpp).
  void save(const training_model& model, const std::filesystem::path& folder, at::ScalarType dtype) override;

 private:
  textual_inversion_options options_;
  trained_parameters parameters_;
};

}  // namespace zoetrope
