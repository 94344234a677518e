// See lockstep_diff.hpp.
#include "eval/lockstep_diff.hpp"

#include <ATen/ATen.h>

#include <algorithm>

#include "core/error.hpp"
#include "eval/lockstep.hpp"
#include "pipelines/clip_noise.hpp"
#include "pipelines/denoising_plan.hpp"

namespace zoetrope {

namespace {

std::vector<double> timesteps_of(const diff_run& run) {
  return plan_denoising(run.model, checked_call(run.model, run.call)).timesteps;
}

template <class Value>
void check_same(const char* what, const Value& a, const Value& b) {
  ZT_CHECK(a == b, usage, "diff: ", what, ": ", a, " in the first run, ", b,
           " in the second; layers are compared only where this is the same");
}

void check_same_noise(const diff_run& a, const diff_run& b) {
  ZT_CHECK(a.call.seeds == b.call.seeds && !a.call.seeds.empty(), usage,
           "diff: the runs have other seeds, and so other noise; give both the same");
  const at::Tensor &x = a.call.latents, &y = b.call.latents;
  ZT_CHECK(x.defined() == y.defined() && (!x.defined() || x.equal(y)), usage,
           "diff: the runs start from other latents; give both the same");
  ZT_CHECK(a.model.dtype == b.model.dtype || !(a.call.source || b.call.source), usage,
           "diff: an input video gets other noise in another precision; give both the same precision");
}

void check_comparable(const diff_run& a, const diff_run& b) {
  ZT_CHECK(&a.model != &b.model, usage, "diff: a model can report to one run at a time; load it twice");
  const text_to_video_call first = checked_call(a.model, a.call), second = checked_call(b.model, b.call);
  check_same("prompts", first.prompts.size(), second.prompts.size());
  check_same("width", *first.width, *second.width);
  check_same("height", *first.height, *second.height);
  check_same("video_length", first.video_length, second.video_length);
  check_same("guidance", first.guidance().active(), second.guidance().active());
  check_same_noise(a, b);
  const std::vector<double> here = timesteps_of(a), there = timesteps_of(b);
  check_same("steps", here.size(), there.size());
  for (std::size_t i = 0; i < here.size(); ++i)
    check_same(concat("timestep of step ", i + 1).c_str(), here[i], there[i]);
}

// A text that names no layer is told before the runs and not after them.
void check_layers(const std::vector<std::string>& wanted, const std::vector<const diff_run*>& runs) {
  for (const std::string& text : wanted) {
    const auto has = [&](const diff_run* run) { return has_layer(run->model, text); };
    ZT_CHECK(std::any_of(runs.begin(), runs.end(), has), usage, "diff: no layer's name contains '",
             printable(text), "'");
  }
}

// The noise that `from` draws, for a model of another dtype.
void take_noise_of(const diff_run& from, diff_run& to) {
  if (from.model.dtype == to.model.dtype) return;
  const text_to_video_call call = checked_call(from.model, from.call);
  auto random =
      std::make_shared<clip_noise>(clip_seeds(call.seeds, call.prompts.size(), call.compat_hotshot));
  const at::ScalarType drawn = from.model.dtype;
  if (!to.call.latents.defined()) {
    const int64_t factor = from.model.vae->spatial_factor();
    to.call.latents = random->draw({static_cast<int64_t>(call.prompts.size()), from.model.unet->in_channels(),
                                    call.video_length, *call.height / factor, *call.width / factor},
                                   drawn);
  }
  to.call.noise = [random, drawn, device = to.model.device](at::IntArrayRef shape, at::ScalarType dtype) {
    return random->draw(shape, drawn).to(device, dtype);
  };
}

}  // namespace

int64_t step_count(const diff_run& run) { return static_cast<int64_t>(timesteps_of(run).size()); }

activation_diff diff_in_lockstep(const diff_run& a, const diff_run& b, const diff_options& options) {
  check_comparable(a, b);
  check_layers(options.layers, {&a, &b});
  diff_run second = b;
  take_noise_of(a, second);
  activation_diff diff(options.tolerance);
  activations held;
  const int64_t count = step_count(a);
  int64_t done = 0;
  run_in_lockstep(
      [&](const take_turns& wait) {
        run_tapped(a.model, a.call, options.layers, [&](const activations& seen) {
          held = seen;
          wait();
          return true;
        });
      },
      [&](const take_turns& wait) {
        run_tapped(second.model, second.call, options.layers, [&](const activations& seen) {
          diff.compare(std::exchange(held, {}), seen);
          if (options.on_step && !options.on_step(std::min(++done, count), count)) return false;
          wait();
          return true;
        });
      });
  return diff;
}

activation_diff diff_with_recorded(const diff_run& run, const activations& recorded,
                                   const diff_options& options) {
  check_layers(options.layers, {&run});
  activation_diff diff(options.tolerance);
  const int64_t count = step_count(run);
  int64_t done = 0;
  run_tapped(run.model, run.call, options.layers, [&](const activations& seen) {
    diff.compare(seen, recorded);
    return !options.on_step || options.on_step(std::min(++done, count), count);
  });
  return diff;
}

}  // namespace zoetrope
