// A generation that has been checked: its settings resolved, its model open without weights, its call checked.
// A mistake is found before gigabytes are read.
#pragma once

#include "cli/console.hpp"
#include "pipelines/generation_run.hpp"

namespace zoetrope {

struct prepared_run {
  resolved_generation resolved;
  text_to_video_model model;  ///< weights still in their files
  text_to_video_call call;    ///< for all prompts at once

  const generation_settings& settings() const { return resolved.settings; }
};

/// Tells on `out` what the user should know of the settings. error{usage, bad_input} for whatever cannot be
/// run.
prepared_run prepare_run(const generation_request& request, const console& out);

/// The same with its weights read, for commands that look inside a run (diff, atlas). error{usage} for --vram,
/// which picks policies by itself.
prepared_run loaded_run(const generation_request& request, const console& out);

}  // namespace zoetrope
