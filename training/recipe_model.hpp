// The model that a stage of a recipe trains (recipe.hpp): a directory's, or a preset's with a vocabulary learnt
// from captions and weights drawn anew.
#pragma once

#include "core/registry.hpp"
#include "training/model_folder.hpp"
#include "training/recipe.hpp"

namespace zoetrope {

/// What all models of a run are made for.
struct model_site {
  uint64_t seed;
  at::Device device;
};

/// Of a recipe's `model`. What is learnt from captions is written to the run's folder.
training_model make_model(const config& options, const model_site& site, const recipe_run& run);

/// The part that `key` names; error{bad_input} tells its place in the config where that is unknown.
template <class Maker>
const Maker& named_in(const config& options, const char* key, const registry<Maker>& parts,
                      const char* fallback) {
  const std::string name = options.get(key, fallback);
  return in_context(concat(options.source(), ": ", options.path(), ".", key),
                    [&]() -> const Maker& { return parts.find(name); });
}

}  // namespace zoetrope
