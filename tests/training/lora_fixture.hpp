// Trainings of adapters on the model in the box, small enough for a test.
#pragma once

#include <ATen/ATen.h>

#include "pipelines/text_to_video.hpp"
#include "tests/core/temporary_folder.hpp"
#include "training/diffusion_task.hpp"
#include "training/step_gradients.hpp"

namespace zoetrope {

inline constexpr const char* tiny = ZOETROPE_SOURCE_DIR "/assets/tiny";

/// Clips of the size that the model makes by itself.
inline json lora_clips() {
  const json defaults = parse_json(read_text_file(std::string(tiny) + "/generation_config.json"), "defaults");
  return {{"type", "shapes"},
          {"width", defaults.at("width")},
          {"height", defaults.at("height")},
          {"frames", 4},
          {"examples", 8}};
}

inline diffusion_task lora_task(const json& lora, json more = json::object(),
                                at::ScalarType dtype = at::kFloat) {
  more["lora"] = lora;
  diffusion_task_options options = read_diffusion_task_options(config(more), /*seed=*/3, /*batch_size=*/2);
  options.saved_dtype = at::kFloat;
  return diffusion_task(load_for_training(tiny), make_dataset(config(lora_clips())), nullptr, config(),
                        options, dtype);
}

/// Plain descent: gradients of the last step stay in the leaves.
inline void descend(diffusion_task& task, int64_t steps, double rate = 0.1) {
  worker_pool workers(1, 1);
  for (int64_t step = 0; step < steps; ++step) {
    task.prepare(step);
    accumulate_gradients(task, {step, 0, 2, 2}, 1, 1.0, workers);
    for (const trained_parameter& each : task.parameters())
      each.tensor.detach().sub_(each.tensor.grad(), rate);
  }
}

inline at::Tensor frames_of(const text_to_video_model& model) {
  const json size = lora_clips();
  const text_to_video_call call{.prompts = {"a green square moving up"},
                                .width = size.at("width"),
                                .height = size.at("height"),
                                .video_length = 4,
                                .steps = 2,
                                .seeds = {5}};
  return text_to_video(model, call).video;
}

}  // namespace zoetrope
