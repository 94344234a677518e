// Building a model from its folder: config, then weights under canonical names.
#pragma once

#include <memory>

#include "core/io/model_directory.hpp"
#include "core/tensor/weights.hpp"

namespace zoetrope {

/// `Model` has a constructor from its config and a member canonical_key() that maps a file's key (older
/// naming schemes) to today's, or to "" where the tensor is not used.
template <class Model>
std::unique_ptr<Model> load_pretrained(const model_component& component, load_options options = {},
                                       const std::string& variant = "") {
  return in_context(component.folder.string(), [&] {
    auto model = std::make_unique<Model>(component.read_config());
    options.rename = [&model](const std::string& key) { return model->canonical_key(key); };
    load_weights(*model, component.open_weights(variant), options);
    return model;
  });
}

}  // namespace zoetrope
