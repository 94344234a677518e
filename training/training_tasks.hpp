// The kinds of training task, by name.
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "core/registry.hpp"
#include "training/model_folder.hpp"
#include "training/task.hpp"

namespace zoetrope {

class communicator;

/// What a run fixes for all of its tasks.
struct task_site {
  uint64_t seed = 0;
  int64_t batch_size = 8;
  std::function<void(const std::string&)> note = {};  ///< what the user may like to know
  std::function<void()> on_clip = [] {};              ///< as dataset_site's
  communicator* ranks = nullptr;                      ///< as dataset_site's
  bool fills_cache = true;                            ///< false: what it holds is used, and nothing added
};

/// All options but the model's and the data's are read, and keys that nobody knows are refused, before the
/// data's files are opened, and all but the objective's before the model is made, too.
using training_task_maker = std::unique_ptr<training_task> (*)(
    const config& options, const std::function<training_model()>& make_model, const task_site& site);
const registry<training_task_maker>& training_tasks();

}  // namespace zoetrope
