// A generation ready to run for commands that look inside it (diff, atlas): all its prompts in one batch.
#pragma once

#include "cli/console.hpp"
#include "pipelines/generation_run.hpp"

namespace zoetrope {

struct prepared_run {
  generation_settings settings;
  text_to_video_model model;
  text_to_video_call call;
};

/// Checks the call on the empty model, then reads the weights. error{usage} for --vram, which picks policies
/// by itself, and whatever `generate` refuses.
prepared_run prepare_run(const generation_request& request, const console& out);

}  // namespace zoetrope
