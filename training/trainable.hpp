// What a run trains of a model: its own weights (trained_weights.hpp), adapters beside them (low_rank.hpp),
// or rows of the text encoders' tables (textual_inversion.hpp). Parameters are f32 leaves; what the model's
// parts compute with follows them.
#pragma once

#include <ATen/core/ScalarType.h>

#include <filesystem>
#include <string>

#include "core/tensor/module.hpp"
#include "training/trained_parameter.hpp"

namespace zoetrope {

class dataset;
struct training_model;

/// A part of a model under the name of its folder ("unet").
struct trainable_part {
  std::string name;
  module* part;
};

class trainable {
 public:
  virtual ~trainable() = default;
  /// f32 leaves that record gradients.
  virtual const trained_parameters& parameters() const = 0;
  /// Whether a part whose name starts so ("text_encoder") has any of them.
  bool trains(const std::string& part) const;
  int64_t count() const;  ///< numbers of all parameters
  /// Call before each step: what the parts compute with follows the parameters.
  virtual void refresh() = 0;
  /// error{usage} where these clips would give no parameter a gradient.
  virtual void expect_trainable_on(const dataset& data) const;
  /// What the text encoders are given for a caption of the data.
  virtual std::string told(const std::string& caption) const { return caption; }
  /// Writes the result, in the form that generation loads, into a new folder; weights in `dtype`.
  virtual void save(const training_model& model, const std::filesystem::path& folder,
                    at::ScalarType dtype) = 0;
};

}  // namespace zoetrope
