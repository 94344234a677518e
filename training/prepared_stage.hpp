// A stage of a recipe before its first step: its config read, model and data there. Nothing is trained for
// that, and nothing written but a vocabulary that is learnt.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "training/recipe.hpp"
#include "training/recipe_stage.hpp"
#include "training/task.hpp"

namespace zoetrope {

struct model_site;

/// What is told of a stage: as it comes, or held back until somebody lets it go.
class stage_notes {
 public:
  stage_notes(const recipe_stage& stage, std::function<void(const std::string&)> tell, bool held);

  void add(const std::string& text);
  void let_go();
  std::string text() const;  ///< all of it, paragraphs

 private:
  void tell(const std::string& text) const;

  const std::string prefix_;
  const std::function<void(const std::string&)> tell_;
  bool held_;
  std::vector<std::string> all_;
};

struct prepared_stage {
  trainer_options options;
  std::unique_ptr<training_task> task;
  std::shared_ptr<stage_notes> notes;  ///< of data and parameters; the task adds to them as it is trained
  json settings;                       ///< the config that runs it alone, every default filled in
  json origin;                         ///< on the first rank; null in a rehearsal
};

/// Called by all ranks. `model` describes what is trained. With `holds_notes` nothing is told yet.
/// error{bad_input} for what is wrong with the config or the data; error{interrupted} where a signal asked for
/// an end.
prepared_stage prepare_stage(const recipe_stage& stage, const config& model, const model_site& site,
                             const recipe_run& run, bool holds_notes = false);

}  // namespace zoetrope
