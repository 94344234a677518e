// Building a model from its folder: config, then weights under canonical names.
#pragma once

#include <memory>

#include "core/io/model_directory.hpp"
#include "core/tensor/weight_source.hpp"

namespace zoetrope {

/// A component's files with keys mapped by the model's canonical_key(), which gives today's name for a file's
/// key (older naming schemes), or "" where the tensor is not used. `model` must outlive the result.
template <class Model>
std::vector<weight_file> weight_files_of(const Model& model, const model_component& component,
                                         const std::string& variant = "") {
  std::vector<weight_file> files;
  for (safetensors_file& file : component.open_weights(variant))
    files.push_back(
        {std::move(file), renaming([&model](const std::string& key) { return model.canonical_key(key); })});
  return files;
}

/// `Model` has a constructor from its config, and canonical_key().
template <class Model>
std::unique_ptr<Model> load_pretrained(const model_component& component, const load_options& options = {},
                                       const std::string& variant = "") {
  return in_context(component.folder.string(), [&] {
    auto model = std::make_unique<Model>(component.read_config());
    weight_source(*model, weight_files_of(*model, component, variant), options).fill();
    return model;
  });
}

}  // namespace zoetrope
