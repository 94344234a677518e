// See diffusion_evaluation.hpp.
#include "training/diffusion_evaluation.hpp"
#include "training/train_log.hpp"

#include <ATen/ATen.h>
#include <c10/core/GradMode.h>

#include <cmath>

#include "core/shapes/caption.hpp"
#include "pipelines/clip_tensors.hpp"
#include "pipelines/text_to_video.hpp"
#include "training/datasets/shapes.hpp"
#include "training/shape_judgement.hpp"

namespace zoetrope {

namespace {

// Captions of clips of a dataset, right or wrong.
struct captioned {
  std::vector<int64_t> indices;
  std::vector<std::string> captions;
};

// The mean loss of the clips at one level. Each clip has its noise, whatever the caption.
double loss_at(const diffusion_task& task, const clip_latents& latents, const dataset& data,
               const captioned& clips, double level) {
  constexpr std::size_t at_once = 8;
  double sum = 0;
  for (std::size_t first = 0; first < clips.indices.size(); first += at_once) {
    task.on_piece();
    const std::size_t count = std::min(at_once, clips.indices.size() - first);
    const std::vector<int64_t> indices(clips.indices.begin() + first, clips.indices.begin() + first + count);
    std::vector<std::string> captions;
    for (std::size_t i = first; i < first + count; ++i) captions.push_back(task.told(clips.captions[i]));
    std::vector<at::Tensor> noise, sizes;
    for (const int64_t index : indices) {
      noise.push_back(
          generator::for_purpose(0, concat("validation noise ", index)).normal(latents.shape(index)));
      sizes.push_back(time_ids_of(data.label(index).sizes));
    }
    const at::Device device = task.model().device;
    const denoising_batch batch{latents.batch(indices, {}).to(device), at::stack(sizes).to(device),
                                task.texts().of(captions, std::vector<bool>(count, false))};
    const noise_draw drawn{at::stack(noise).to(device), at::full({static_cast<int64_t>(count)}, level,
                                                                 at::TensorOptions().dtype(at::kDouble))};
    sum += task.training_objective()
               .losses(task.training_step().answer(batch, drawn), batch.latents, drawn)
               .sum()
               .item<double>();
  }
  return sum / static_cast<double>(clips.indices.size());
}

captioned right_captions(const dataset& data, int64_t count) {
  captioned clips;
  for (int64_t index = 0; index < std::min(count, data.size()); ++index) {
    clips.indices.push_back(index);
    clips.captions.push_back(data.label(index).caption);
  }
  return clips;
}

std::pair<captioned, captioned> right_and_swapped(const shapes_dataset& data, attribute which,
                                                  int64_t count) {
  captioned right, swapped;
  for (int64_t index = 0; index < data.size() && static_cast<int64_t>(right.indices.size()) < count;
       ++index) {
    const auto other =
        swapped_caption(data.scene_of(index), data.world(), which, static_cast<uint64_t>(index));
    if (!other) continue;
    right.indices.push_back(index);
    right.captions.push_back(data.label(index).caption);
    swapped.captions.push_back(*other);
  }
  swapped.indices = right.indices;
  return {right, swapped};
}

void measure_gaps(const diffusion_task& task, const clip_latents& latents, const shapes_dataset& data,
                  const diffusion_evaluation_options& options, named_scalars& found) {
  for (const attribute which : all_attributes) {
    const auto [right, swapped] = right_and_swapped(data, which, options.gap_clips);
    if (right.indices.empty()) continue;
    double gap = 0;
    for (const double level : options.levels)
      gap += loss_at(task, latents, data, swapped, level) - loss_at(task, latents, data, right, level);
    found["gap/" + name_of(which)] = gap / static_cast<double>(options.levels.size());
  }
}

// What is generated: a prompt, and the size and conditioning of a clip of the data.
struct sample_request {
  std::string prompt;
  picture_size size;
  clip_size_conditioning told;
  int64_t frames;
};

std::vector<sample_request> requests_of(const dataset& trained_on, const dataset* held_out,
                                        const diffusion_evaluation_options& options) {
  std::vector<sample_request> requests;
  for (int64_t i = 0; held_out && i < std::min(options.samples, held_out->size()); ++i) {
    const example_label label = held_out->label(i);
    requests.push_back({label.caption, held_out->size_of(i), label.sizes, held_out->frames()});
  }
  for (const std::string& prompt : options.prompts)
    requests.push_back({prompt, trained_on.size_of(0), trained_on.label(0).sizes, trained_on.frames()});
  return requests;
}

at::Tensor generated(const diffusion_task& task, const sample_request& request, uint64_t seed,
                     const diffusion_evaluation_options& options) {
  text_to_video_call call;
  call.prompts = {task.told(request.prompt)};
  call.width = request.size.width;
  call.height = request.size.height;
  call.original_size = {request.told.original.width, request.told.original.height};
  call.crops_coords_top_left = {std::llround(request.told.crop[0]), std::llround(request.told.crop[1])};
  call.target_size = {request.told.target.width, request.told.target.height};
  call.video_length = request.frames;
  call.steps = options.steps;
  call.guidance_scale = options.guidance_scale;
  call.guidance_rescale = options.guidance_rescale;
  call.seeds = {seed};
  call.on_step = [&task](const step_report&) { return task.on_piece(), true; };
  call.on_frame = [&task](int64_t, int64_t) { return task.on_piece(), true; };
  return text_to_video(task.model(), call).video[0] * 2 - 1;  // 3 f h w in [-1, 1]
}

constexpr std::size_t logged_clips = 4;

std::vector<judged_clip> generate_samples(const diffusion_task& task,
                                          const std::vector<sample_request>& requests,
                                          const diffusion_evaluation_options& options, int64_t step,
                                          train_log& log) {
  std::vector<judged_clip> clips;
  for (std::size_t i = 0; i < requests.size(); ++i) {
    clips.push_back({generated(task, requests[i], i, options), requests[i].prompt});
    if (i < logged_clips || i + options.prompts.size() >= requests.size())
      log.clip(concat("samples/", i), step, to_rgb(clip_of(clips.back().pixels)), 125 * requests[i].frames);
  }
  return clips;
}

}  // namespace

diffusion_evaluation_options read_diffusion_evaluation_options(const config& options) {
  diffusion_evaluation_options read;
  read.levels = options.get("levels", read.levels);
  for (const double level : read.levels)
    if (!(level >= 0 && level < 1))
      throw options.at("levels").fail("wanted shares of the way to noise, 0 to 1");
  if (read.levels.empty()) throw options.at("levels").fail("wanted at least one");
  read.gap_clips = options.bounded("gap_clips", read.gap_clips, 1, 1 << 20);
  read.prompts = options.get("prompts", read.prompts);
  read.samples = options.bounded("samples", read.samples, 0, 1 << 20);
  read.steps = options.bounded("steps", read.steps, 1, 1000);
  read.guidance_scale = options.get("guidance_scale", read.guidance_scale);
  read.guidance_rescale = options.get("guidance_rescale", read.guidance_rescale);
  return read;
}

std::vector<std::string> diffusion_measures(const dataset& trained_on, const dataset* held_out,
                                            const diffusion_evaluation_options& options) {
  if (!held_out) return {};
  std::vector<std::string> names = {"validation/loss"}, captions;
  if (const auto* shapes = dynamic_cast<const shapes_dataset*>(held_out))
    for (const attribute which : all_attributes)
      if (!right_and_swapped(*shapes, which, 1).first.indices.empty())
        names.push_back("gap/" + name_of(which));
  for (const sample_request& each : requests_of(trained_on, held_out, options))
    captions.push_back(each.prompt);
  for (std::string& name : obey_names(captions, *held_out)) names.push_back(std::move(name));
  return names;
}

named_scalars evaluate_diffusion(const diffusion_task& task, const dataset& trained_on,
                                 const dataset* held_out, const diffusion_evaluation_options& options,
                                 int64_t step, train_log& log) {
  const c10::NoGradGuard no_gradient;
  named_scalars found;
  if (held_out) {
    const clip_latents latents(*task.model().vae, *held_out);
    const captioned clips = right_captions(*held_out, options.gap_clips);
    for (const double level : options.levels)
      found["validation/loss"] +=
          loss_at(task, latents, *held_out, clips, level) / static_cast<double>(options.levels.size());
    if (const auto* shapes = dynamic_cast<const shapes_dataset*>(held_out))
      measure_gaps(task, latents, *shapes, options, found);
  }
  const auto samples = generate_samples(task, requests_of(trained_on, held_out, options), options, step, log);
  if (held_out)
    for (const auto& [name, rate] : obey_rates(samples, *held_out)) found[name] = rate;
  return found;
}

}  // namespace zoetrope
