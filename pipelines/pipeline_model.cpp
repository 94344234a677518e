// Loading a whole text-to-video model: parts are built without memory, checked against each other, resolved
// against their files' headers, and filled last.
#include "pipelines/pipeline_model.hpp"

#include <ATen/ATen.h>

#include "pipelines/control_origin.hpp"
#include "pipelines/model_origin.hpp"
#include "pipelines/motion_origin.hpp"
#include "pipelines/parts_fit.hpp"
#include "pipelines/spatial_base.hpp"
#include "pipelines/unet_changes.hpp"

namespace zoetrope {

namespace {

// What a model's parts read from while they are loaded.
class part_loader {
 public:
  part_loader(text_to_video_model& model, const model_load_options& options, const lora_set& loras)
      : model_(model), options_(options), loras_(loras) {}

  /// Finds what fills each slot of the part, and keeps that with the model.
  template <class Part>
  void resolve(const std::string& name, Part& part, const part_origin<Part>& origin, at::ScalarType dtype,
               const std::function<void(load_options&)>& adjust = {}) {
    load_options load{.dtype = dtype, .device = options_.device, .check_finite = options_.check_finite};
    if (adjust) adjust(load);
    if (options_.merge_loras) loras_.merge_into(load, name);
    if (!options_.merge_loras) loras_.attach_to(part, name, load);
    model_.sources[name] = origin.resolved(part, load);
  }
  void fill() const {
    if (!options_.weights) return;
    for (const auto& [name, source] : model_.sources)
      in_context(name, [&, &source = source] { source->fill(); });
  }

 private:
  text_to_video_model& model_;
  const model_load_options& options_;
  const lora_set& loras_;
};

void read_settings(text_to_video_model& model, const model_origin& origin,
                   const model_load_options& options) {
  model.force_zeros_for_empty_prompt = origin.force_zeros_for_empty_prompt;
  model.device = options.device;
  model.dtype = options.dtype;
  model.scheduler_class = origin.scheduler_class;
  model.scheduler_config = origin.scheduler_config.value();
}

text_to_video_model load(model_origin origin, const model_load_options& options) {
  if (!options.spatial_unet_base.empty())
    origin.unet = on_spatial_base(origin.unet, options.spatial_unet_base, options.variant);
  if (!options.motion.empty()) origin.unet = with_motion_of(origin.unet, options.motion);
  const part_origin<unet3d> unchanged = origin.unet;
  origin.unet = changed(origin.unet, options.unet_changes);

  text_to_video_model model;
  read_settings(model, origin, options);
  model.tokenizer = std::make_unique<clip_tokenizer>(origin.tokenizer);
  model.tokenizer_2 = std::make_unique<clip_tokenizer>(origin.tokenizer_2);
  in_context(origin.scheduler_config.source(), [&] { make_model_scheduler(model); });
  model.text_encoder = origin.text_encoder.built();
  model.text_encoder_2 = origin.text_encoder_2.built();
  model.vae = origin.vae.built();
  model.vae_dtype = options.dtype == at::kHalf && model.vae->force_upcast() ? at::kFloat : options.dtype;
  model.unet = origin.unet.built();
  expect_changes_read(origin.unet.options, options.unet_changes);
  check_parts_fit(model, origin);
  std::vector<part_origin<controlnet>> controlnets;
  for (const auto& path : options.controlnets) {
    controlnets.push_back(origin_of_controlnet(path, options.variant));
    model.controlnets.push_back(controlnets.back().built());
    check_controlnet_fits(*model.controlnets.back(), controlnets.back().options, model, origin);
  }

  const lora_set loras(options.loras, {{"text_encoder", model.text_encoder.get()},
                                       {"text_encoder_2", model.text_encoder_2.get()},
                                       {"unet", model.unet.get()}});
  part_loader parts(model, options, loras);
  parts.resolve("text_encoder", *model.text_encoder, origin.text_encoder, model.dtype);
  parts.resolve("text_encoder_2", *model.text_encoder_2, origin.text_encoder_2, model.dtype);
  parts.resolve("vae", *model.vae, origin.vae, model.vae_dtype);
  parts.resolve("unet", *model.unet, origin.unet, model.dtype, [&](load_options& load) {
    if (!options.unet_changes.empty()) allow_changes(load, *model.unet, unchanged);
  });
  model.fresh = model.sources.at("unet")->fresh();
  for (std::size_t i = 0; i < controlnets.size(); ++i)
    parts.resolve(concat("controlnet ", i), *model.controlnets[i], controlnets[i], model.dtype);
  parts.fill();
  return model;
}

}  // namespace

text_to_video_model load_text_to_video_model(const model_directory& directory,
                                             const model_load_options& options) {
  return load(origin_in_directory(directory, options.variant), options);
}

text_to_video_model load_checkpoint_model(const std::filesystem::path& checkpoint,
                                          const std::filesystem::path& companion,
                                          const model_load_options& options) {
  return load(origin_in_checkpoint(checkpoint, companion), options);
}

std::unique_ptr<scheduler> make_model_scheduler(const text_to_video_model& model,
                                                const std::string& class_name, const json& overrides) {
  json options = model.scheduler_config;
  options.update(overrides);
  return make_scheduler(class_name.empty() ? model.scheduler_class : class_name,
                        config(options, "scheduler config"));
}

}  // namespace zoetrope
