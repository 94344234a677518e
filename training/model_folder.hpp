// Model directories as training needs them: one that is complete and fresh, and the way back to disk.
#pragma once

#include <ATen/core/ScalarType.h>

#include <filesystem>

#include "models/presets.hpp"
#include "pipelines/pipeline_model.hpp"

namespace zoetrope {

/// All of a diffusers directory but the weights.
struct model_description {
  model_preset configs;
  std::filesystem::path tokenizer, tokenizer_2;  ///< folders
};

/// error{bad_input} as model_directory::open's.
model_description describe_model(const std::filesystem::path& directory);

/// A model that is trained: parts that hold memory of their own, f32, and what else its directory needs.
/// Weights lie in the CPU's memory; a task moves what it computes with to `parts.device`, in the precision
/// that it needs there, so that a GPU never holds the f32 weights of frozen parts.
struct training_model {
  text_to_video_model parts;
  model_description description;
};
/// All weights drawn from `seed`.
training_model fresh_model(const model_description& description, uint64_t seed, at::Device device = at::kCPU);
/// From now on the model generates with another scheduler, and is saved with it.
void set_scheduler(training_model& model, const std::string& class_name, const json& options);
/// Multiplies the weights and tables whose names ("text_encoder.…") fit a pattern. error{usage} for a pattern
/// that fits none.
void scale_weights(const training_model& model, const std::string& pattern, double factor);
/// The model of a directory; `changes` as model_load_options::unet_changes.
training_model load_for_training(const std::filesystem::path& directory, const json& changes = json::object(),
                                 at::Device device = at::kCPU);

/// The UNet's weights from the folder unet/ of `directory`, or from `directory` itself.
void load_unet(training_model& model, const std::filesystem::path& directory);

/// Writes a directory that generation loads, in diffusers' layout: configs, tokenizers, weights in `dtype`.
/// `folder` may exist if it is empty. error{runtime} where it cannot be written.
void save_model(const training_model& model, const std::filesystem::path& folder, at::ScalarType dtype);

}  // namespace zoetrope
