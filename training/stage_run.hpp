// A stage of a recipe from its first step, or from where an earlier run left it, to the model that it leaves.
#pragma once

#include <optional>

#include "training/prepared_stage.hpp"

namespace zoetrope {

/// Called by all ranks, as train_stage(). None where the stage is done already; else all that its training
/// needs. error{usage} for a result of another config, model or data, of more steps than are asked, that no
/// training left here, or where the run was not asked to go on.
std::optional<prepared_stage> stage_to_train(const recipe_stage& stage, const config& model,
                                             const model_site& site, const recipe_run& run);

void train_stage(const recipe_stage& stage, prepared_stage& ready, const model_site& site,
                 const recipe_run& run);

}  // namespace zoetrope
