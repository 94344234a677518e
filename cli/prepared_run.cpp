// See prepared_run.hpp.
#include "cli/prepared_run.hpp"

#include "pipelines/part_at_work.hpp"

namespace zoetrope {

prepared_run prepare_run(const generation_request& request, const console& out) {
  const resolved_generation resolved = resolve(request);
  prepared_run ready{.settings = resolved.settings};
  ZT_CHECK(ready.settings.vram.empty(), usage, "--vram picks policies by itself; name those that are wanted");
  set_thread_count(static_cast<int>(ready.settings.threads));
  const placement where = placement_of(ready.settings);
  if (!where.precision.note.empty()) out.note(where.precision.note);
  model_load_options load = load_options_of(ready.settings, where);
  load.weights = false;
  ready.model = load_model(resolved, load);
  ready.call = checked_call(ready.model, call_of(ready.settings, prompts_of(ready.settings)));
  ready.call.warn = [&out](const std::string& message) { out.warn(message); };
  fill_what_stays(ready.model, ready.call.memory);
  return ready;
}

}  // namespace zoetrope
