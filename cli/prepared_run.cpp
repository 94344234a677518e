// See prepared_run.hpp.
#include "cli/prepared_run.hpp"

#include "models/motion_weights.hpp"
#include "pipelines/part_at_work.hpp"

namespace zoetrope {

prepared_run prepare_run(const generation_request& request, const console& out) {
  prepared_run ready{.resolved = resolve(request)};
  const generation_settings& settings = ready.settings();
  const std::vector<std::string> prompts = prompts_of(settings);
  set_thread_count(static_cast<int>(settings.threads));
  const placement where = placement_of(settings);
  if (!where.precision.note.empty()) out.note(where.precision.note);
  if (settings.xformers) out.note("--xformers: nothing to switch on, attention is memory-efficient anyway");
  ready.model = open_model(ready.resolved, where);
  if (!settings.motion.empty()) out.note(concat("--motion ", describe(open_motion_weights(settings.motion))));
  if (const auto& fresh = ready.model.fresh; !fresh.empty())
    out.note(concat("--unet: ", fresh.size(), " tensors of the swapped parts are fresh (", fresh.front(),
                    fresh.size() > 1 ? ", …" : "", "); the others keep the model's weights"));
  ready.call = checked_call(ready.model, call_of(settings, prompts));
  ready.call.warn = [&out](const std::string& message) { out.warn(message); };
  return ready;
}

prepared_run loaded_run(const generation_request& request, const console& out) {
  prepared_run ready = prepare_run(request, out);
  ZT_CHECK(ready.settings().vram.empty(), usage,
           "--vram picks policies by itself; name those that are wanted");
  fill_what_stays(ready.model, ready.call.memory);
  return ready;
}

}  // namespace zoetrope
