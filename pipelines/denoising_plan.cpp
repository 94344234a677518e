// The noise levels of a call.
#include "pipelines/denoising_plan.hpp"

#include <cmath>

#include "pipelines/source_checks.hpp"
#include "schedulers/choice.hpp"
#include "schedulers/indexed_scheduler.hpp"

namespace zoetrope {

namespace {

/// Levels at `fraction` of the way from the noisiest to the cleanest are at this timestep (diffusers'
/// rounding: to even).
double timestep_at(double fraction, int64_t train_timesteps) {
  return std::nearbyint(train_timesteps - fraction * train_timesteps);
}

/// Entries before the window's end: noise levels at or above the cutoff.
std::size_t count_before(const std::vector<double>& timesteps, double cutoff) {
  return std::count_if(timesteps.begin(), timesteps.end(), [&](double t) { return t >= cutoff; });
}

}  // namespace

denoising_plan plan_denoising(const text_to_video_model& model, const text_to_video_call& call) {
  denoising_plan plan{make_model_scheduler(model, call.scheduler_class, call.scheduler_overrides), {}};
  timestep_request request{{}, call.timesteps, call.sigmas, {}};
  if (call.timesteps.empty() && call.sigmas.empty()) request.steps = call.steps;
  plan.steps->set_timesteps(request);
  const std::vector<double> all = as_doubles(plan.steps->timesteps());

  json options = model.scheduler_config;
  options.update(call.scheduler_overrides);
  const int64_t train_timesteps = read_num_train_timesteps(config(options, "scheduler config"));
  std::size_t first = 0, last = all.size();
  if (call.denoising_start) {
    first = count_before(all, timestep_at(*call.denoising_start, train_timesteps));
    // A second-order scheduler lists every level but the first twice; start with a whole step, not in the
    // middle.
    if (plan.steps->order() == 2 && (all.size() - first) % 2 == 0 && first > 0) --first;
  }
  if (call.source) {
    const auto listed = static_cast<int64_t>(call.timesteps.size() + call.sigmas.size());
    first = steps_left_out(request.steps.value_or(listed), call.source->strength) * plan.steps->order();
    const std::string problem = plan.steps->late_start_problem();
    ZT_CHECK(first == 0 || problem.empty(), usage, problem, ", or take strength 1");
  }
  if (call.denoising_end) last = count_before(all, timestep_at(*call.denoising_end, train_timesteps));
  // … and end with one, so that two runs which share the cut make the whole run (diffusers leaves the half
  // step in).
  if (plan.steps->order() == 2 && last % 2 == 1 && last < all.size()) --last;
  ZT_CHECK(first < last, usage, "no step lies between denoising_start ", call.denoising_start.value_or(0),
           " and denoising_end ", call.denoising_end.value_or(1), " of ", all.size(), " steps");
  plan.steps->set_begin_index(static_cast<int64_t>(first));
  plan.timesteps.assign(all.begin() + first, all.begin() + last);
  return plan;
}

text_to_video_call in_few_steps(const text_to_video_model& model, text_to_video_call call, int64_t steps) {
  const auto scheduler = make_model_scheduler(model, call.scheduler_class, call.scheduler_overrides);
  call.steps = scheduler->least_steps() - 1 + steps;
  call.timesteps.clear();
  call.sigmas.clear();
  call.denoising_start.reset();
  call.denoising_end.reset();
  call.latents.reset();
  if (call.source) call.source->strength = 1;
  return call;
}

}  // namespace zoetrope
