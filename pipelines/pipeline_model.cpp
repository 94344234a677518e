// Loading a whole text-to-video model from a diffusers folder.
#include "pipelines/pipeline_model.hpp"

#include <ATen/ATen.h>

#include <algorithm>

#include "models/pretrained.hpp"
#include "pipelines/parts_fit.hpp"

namespace zoetrope {

namespace {

using class_names = std::vector<std::string>;

const class_names pipeline_classes = {"HotshotXLPipeline", "HotshotXLControlNetPipeline",
                                      "StableDiffusionXLPipeline"};

/// The classes that we have a part for, under the name that model_index.json gives the part.
const std::vector<std::pair<std::string, class_names>> part_classes = {
    {"tokenizer", {"CLIPTokenizer", "CLIPTokenizerFast"}},
    {"tokenizer_2", {"CLIPTokenizer", "CLIPTokenizerFast"}},
    {"text_encoder", {"CLIPTextModel", "CLIPTextModelWithProjection"}},
    {"text_encoder_2", {"CLIPTextModelWithProjection"}},
    {"unet", {"UNet3DConditionModel", "UNet2DConditionModel"}},
    {"vae", {"AutoencoderKL"}},
};

void check_class(const std::string& got, const class_names& known) {
  ZT_CHECK(std::find(known.begin(), known.end(), got) != known.end(), bad_input, "class '", printable(got),
           "' is not known here (known: ", joined(known), ")");
}

void check_classes(const model_directory& directory) {
  const std::string file = (directory.root() / "model_index.json").string();
  in_context(file, [&] {
    check_class(config(directory.index(), file).get<std::string>("_class_name", ""), pipeline_classes);
    for (const auto& [part, known] : part_classes)
      in_context(part, [&, &part = part, &known = known] {
        check_class(directory.component(part).class_name, known);
      });
    in_context("scheduler", [&] { schedulers().find(directory.component("scheduler").class_name); });
  });
}

template <class Part>
std::unique_ptr<Part> load_part(const model_component& component, at::ScalarType dtype,
                                const model_load_options& options) {
  if (options.weights)
    return load_pretrained<Part>(component, {dtype, options.device, {}, options.check_finite},
                                 options.variant);
  return in_context(component.folder.string(),
                    [&] { return std::make_unique<Part>(component.read_config()); });
}

}  // namespace

text_to_video_model load_text_to_video_model(const model_directory& directory,
                                             const model_load_options& options) {
  check_classes(directory);
  const auto part = [&](const char* name) -> const model_component& { return directory.component(name); };
  const config index(directory.index(), (directory.root() / "model_index.json").string());

  text_to_video_model model;
  model.force_zeros_for_empty_prompt = index.get("force_zeros_for_empty_prompt", true);
  model.device = options.device;
  model.dtype = options.dtype;
  const bool force_upcast = part("vae").read_config().get("force_upcast", true);
  model.vae_dtype = options.dtype == at::kHalf && force_upcast ? at::kFloat : options.dtype;

  model.tokenizer = std::make_unique<clip_tokenizer>(part("tokenizer").folder);
  model.tokenizer_2 = std::make_unique<clip_tokenizer>(part("tokenizer_2").folder);
  check_parts_fit(directory, *model.tokenizer, *model.tokenizer_2);
  model.scheduler_class = part("scheduler").class_name;
  model.scheduler_config = load_scheduler_config(part("scheduler").folder / "scheduler_config.json").value();
  in_context(part("scheduler").folder.string(), [&] { make_model_scheduler(model); });

  model.text_encoder = load_part<clip_text_encoder>(part("text_encoder"), model.dtype, options);
  model.text_encoder_2 = load_part<clip_text_encoder>(part("text_encoder_2"), model.dtype, options);
  model.vae = load_part<autoencoder_kl>(part("vae"), model.vae_dtype, options);
  model.unet = load_part<unet3d>(part("unet"), model.dtype, options);
  return model;
}

std::unique_ptr<scheduler> make_model_scheduler(const text_to_video_model& model,
                                                const std::string& class_name, const json& overrides) {
  json options = model.scheduler_config;
  options.update(overrides);
  return make_scheduler(class_name.empty() ? model.scheduler_class : class_name,
                        config(options, "scheduler config"));
}

}  // namespace zoetrope
