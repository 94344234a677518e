// See denoiser.hpp.
#include "pipelines/denoiser.hpp"

namespace zoetrope {

namespace {

// A net's middle residuals of one group of rows beside those of the groups before.
void append(std::vector<control_report>& reports, std::vector<control_report> more) {
  if (reports.empty()) {
    reports = std::move(more);
    return;
  }
  for (std::size_t i = 0; i < reports.size(); ++i) {
    if (!more[i].mid.defined()) continue;
    const at::Tensor& before = reports[i].mid;
    reports[i] = {more[i].scale, before.defined() ? at::cat({before, more[i].mid}) : more[i].mid};
  }
}

}  // namespace

denoiser::denoiser(const text_to_video_model& model, const text_to_video_call& call,
                   const text_conditioning& text, int64_t steps)
    : device_(model.device), unet_(model, call, text), controls_(model, call, text, steps) {
  const int64_t rows = text.prompt_embeds.size(0);
  const bool in_turn = call.memory.guidance_in_turn && call.guidance().active();
  const int64_t count = in_turn ? rows / 2 : rows;
  for (int64_t first = 0; first < rows; first += count) groups_.push_back({first, count});
}

denoiser_output denoiser::operator()(const at::Tensor& sample, double timestep, int64_t index) const {
  denoiser_output output;
  std::vector<at::Tensor> noise;
  stopwatch watch(device_);
  for (const batch_rows& rows : groups_) {
    controlled_step controlled = controls_(rows.of(sample), timestep, index, rows);
    output.controlnet_seconds += watch.lap();
    noise.push_back(unet_(rows.of(sample), timestep, controlled.sum, rows));
    output.unet_seconds += watch.lap();
    append(output.controls, std::move(controlled.reports));
  }
  output.noise = noise.size() == 1 ? noise[0] : at::cat(noise);
  return output;
}

}  // namespace zoetrope
