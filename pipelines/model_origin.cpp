// See model_origin.hpp.
#include "pipelines/model_origin.hpp"

#include <algorithm>

#include "models/checkpoint_keys.hpp"
#include "models/presets.hpp"
#include "models/weight_file_path.hpp"
#include "schedulers/scheduler.hpp"

namespace zoetrope {

namespace {

namespace fs = std::filesystem;
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

// The config of a part of an SDXL checkpoint: the companion folder's, or the published one.
config config_of(const std::string& part, const model_preset& sdxl, const fs::path& companion) {
  if (const fs::path folder = companion / part;
      fs::exists(folder / "config.json") || fs::exists(folder / "scheduler_config.json"))
    return model_component::open(folder).read_config();
  return config(sdxl.component(part), concat("preset sdxl: ", part));
}

key_map names_in_checkpoint(const unet3d& unet) { return original_unet_keys(unet); }
key_map names_in_checkpoint(const autoencoder_kl& vae) { return original_vae_keys(vae); }
// The first encoder is stored under transformers' names, the second, which has a projection, under
// open_clip's.
key_map names_in_checkpoint(const clip_text_encoder& encoder) {
  if (encoder.has_projection()) return open_clip_keys();
  return renaming([&encoder](const std::string& key) { return encoder.canonical_key(key); });
}

template <class Part>
part_origin<Part> part_in_checkpoint(const safetensors_file& file, const std::string& prefix,
                                     config options) {
  return {printable(file.path().string()), std::move(options), [=](const Part& part) {
            const auto& tensors = file.tensors();
            const bool found = std::any_of(tensors.begin(), tensors.end(), [&](const stored_tensor& stored) {
              return stored.name.starts_with(prefix);
            });
            ZT_CHECK(found, bad_input, "no tensor's name starts with ", prefix,
                     ": wanted a whole SDXL checkpoint under its original names");
            return std::vector<weight_file>{{file, within(prefix, names_in_checkpoint(part))}};
          }};
}

}  // namespace

model_origin origin_in_directory(const model_directory& directory, const std::string& variant) {
  check_classes(directory);
  const auto part = [&](const char* name) -> const model_component& { return directory.component(name); };
  const config index(directory.index(), (directory.root() / "model_index.json").string());
  return {.tokenizer = part("tokenizer").folder,
          .tokenizer_2 = part("tokenizer_2").folder,
          .text_encoder = origin_in_folder<clip_text_encoder>(part("text_encoder"), variant),
          .text_encoder_2 = origin_in_folder<clip_text_encoder>(part("text_encoder_2"), variant),
          .vae = origin_in_folder<autoencoder_kl>(part("vae"), variant),
          .unet = origin_in_folder<unet3d>(part("unet"), variant),
          .scheduler_class = part("scheduler").class_name,
          .scheduler_config = load_scheduler_config(part("scheduler").folder / "scheduler_config.json"),
          .force_zeros_for_empty_prompt = index.get("force_zeros_for_empty_prompt", true)};
}

model_origin origin_in_checkpoint(const fs::path& checkpoint, const fs::path& companion) {
  const safetensors_file file = open_weight_file(checkpoint);
  const model_preset sdxl = model_presets().find("sdxl")();
  const auto options = [&](const char* part) { return config_of(part, sdxl, companion); };
  const config unet = options("unet"), scheduler = options("scheduler");
  const std::string clip = "conditioner.embedders.0.transformer.",
                    open_clip = "conditioner.embedders.1.model.";
  return {.tokenizer = companion / "tokenizer",
          .tokenizer_2 = companion / "tokenizer_2",
          .text_encoder = part_in_checkpoint<clip_text_encoder>(file, clip, options("text_encoder")),
          .text_encoder_2 = part_in_checkpoint<clip_text_encoder>(file, open_clip, options("text_encoder_2")),
          .vae = part_in_checkpoint<autoencoder_kl>(file, "first_stage_model.", options("vae")),
          .unet = part_in_checkpoint<unet3d>(file, "model.diffusion_model.",
                                             config(image_unet_config(unet.value()), unet.source())),
          .scheduler_class = scheduler.get<std::string>("_class_name"),
          .scheduler_config = scheduler};
}

}  // namespace zoetrope
