// See control_runner.hpp.
#include "pipelines/control_runner.hpp"

#include <ATen/ATen.h>

#include <algorithm>

#include "pipelines/conditioned_unet.hpp"

namespace zoetrope {

bool is_run(const control& wanted, int64_t index, int64_t count) {
  const double n = static_cast<double>(count), i = static_cast<double>(index);
  return wanted.scale != 0 && !(i / n < wanted.start || (i + 1) / n > wanted.end);
}

struct control_runner::prepared_net {
  control wanted;
  const controlnet* net = nullptr;
  bool guess_mode = false, half = false;  // half: only the positive rows are run
  projected_text text;                    // of the rows that are run, as are the sizes
  at::Tensor sizes, condition;
};

namespace {

/// The negative half is told nothing.
controlnet_residuals with_zero_negatives(const controlnet_residuals& positive) {
  const auto extended = [](const at::Tensor& x) { return at::cat({at::zeros_like(x), x}); };
  controlnet_residuals all;
  for (const at::Tensor& x : positive.down) all.down.push_back(extended(x));
  all.mid = extended(positive.mid);
  return all;
}

void add_to(controlnet_residuals& sum, controlnet_residuals more) {
  if (sum.down.empty()) {
    sum = std::move(more);
    return;
  }
  for (std::size_t i = 0; i < sum.down.size(); ++i) sum.down[i] = sum.down[i] + more.down[i];
  sum.mid = sum.mid + more.mid;
}

bool is_run_at_all(const control& wanted, int64_t steps) {
  for (int64_t i = 0; i < steps; ++i)
    if (is_run(wanted, i, steps)) return true;
  return false;
}

}  // namespace

control_runner::control_runner(const text_to_video_model& model, const text_to_video_call& call,
                               const text_conditioning& text, int64_t steps)
    : model_(model),
      steps_(steps),
      negatives_(call.guidance().active() ? text.prompt_embeds.size(0) / 2 : 0),
      pieces_(pieces_of(call.memory)) {
  for (const control& wanted : call.controls) {
    prepared_net& prepared = nets_.emplace_back();
    prepared.wanted = wanted;
    if (!is_run_at_all(wanted, steps)) {
      if (call.warn && wanted.scale != 0)
        call.warn(concat("control ", nets_.size() - 1, " from ", wanted.start, " to ", wanted.end,
                         " holds none of the ", steps, " steps; it changes nothing"));
      continue;
    }
    prepared.net = model.controlnets.at(wanted.net).get();
    prepared.guess_mode = wanted.guess_mode || prepared.net->global_pool_conditions();
    prepared.half = prepared.guess_mode && negatives_ > 0;
    const int64_t first = prepared.half ? negatives_ : 0;
    const batch_rows told{first, text.prompt_embeds.size(0) - first};
    prepared.text = prepared.net->project_text(told.of(text.prompt_embeds));
    prepared.sizes = prepared.net->embed_sizes(told.of(text.text_embeds), told.of(text.time_ids));
    // f c h w -> 1 c f h w: the clips of a batch are shown the same frames
    prepared.condition = prepared.net->embed_condition(
        wanted.frames.to(model.device, model.dtype).transpose(0, 1).unsqueeze(0));
  }
}

control_runner::~control_runner() = default;

controlnet_residuals control_runner::run(const prepared_net& prepared, const at::Tensor& sample,
                                         double timestep, const batch_rows& rows) const {
  const projected_text text = rows_of(prepared.text, rows.first, rows.count);
  controlnet_input input;
  input.sample = sample.to(model_.device, model_.dtype);
  input.timestep = at::scalar_tensor(timestep, at::TensorOptions(model_.device).dtype(at::kFloat));
  input.text = &text;
  input.embedded_sizes = rows.of(prepared.sizes);
  input.condition = prepared.condition;
  input.scale = prepared.wanted.scale;
  input.guess_mode = prepared.guess_mode;
  input.pieces = pieces_;
  return prepared.net->forward(input);
}

controlled_step control_runner::operator()(const at::Tensor& sample, double timestep, int64_t index,
                                           const batch_rows& rows) const {
  controlled_step step;
  for (const prepared_net& prepared : nets_) {
    control_report& report = step.reports.emplace_back();
    if (!is_run(prepared.wanted, index, steps_)) continue;
    const int64_t untold = prepared.half ? std::max<int64_t>(negatives_ - rows.first, 0) : 0;
    if (untold == rows.count) continue;  // negatives alone
    const batch_rows own{prepared.half ? rows.first + untold - negatives_ : rows.first, rows.count - untold};
    const controlnet_residuals residuals = run(prepared, sample.slice(0, untold), timestep, own);
    report = {prepared.wanted.scale, residuals.mid};
    add_to(step.sum, untold > 0 ? with_zero_negatives(residuals) : residuals);
  }
  return step;
}

}  // namespace zoetrope
