// A text-to-video model in memory: every part that generation needs, from a diffusers folder or a single-file
// checkpoint, loaded and checked against each other. Classes that model_index.json may name:
// HotshotXLPipeline, HotshotXLControlNetPipeline (its text-to-video part), StableDiffusionXLPipeline. A
// UNet2DConditionModel has no temporal layers: the frames of its clip are then independent pictures under one
// prompt.
#pragma once

#include <ATen/core/Tensor.h>

#include <filesystem>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "core/config.hpp"
#include "core/io/model_directory.hpp"
#include "core/tensor/weight_source.hpp"
#include "models/autoencoder_kl.hpp"
#include "models/clip_text_encoder.hpp"
#include "models/clip_tokenizer.hpp"
#include "models/controlnet.hpp"
#include "models/lora.hpp"
#include "models/unet3d.hpp"
#include "schedulers/scheduler.hpp"

namespace zoetrope {

/// A plain bundle; whoever builds one by hand fills all of it and leaves dtype and device as the parts have
/// them.
struct text_to_video_model {
  std::unique_ptr<clip_tokenizer> tokenizer, tokenizer_2;
  std::unique_ptr<clip_text_encoder> text_encoder, text_encoder_2;  ///< the second with a projection
  std::unique_ptr<unet3d> unet;
  std::unique_ptr<autoencoder_kl> vae;
  std::vector<std::unique_ptr<controlnet>> controlnets;
  /// What fills each part ("unet", "controlnet 0"), so that it can be emptied and filled again, or streamed.
  /// Reads its part by address: gone before the part is.
  std::map<std::string, std::shared_ptr<const weight_source>> sources;
  std::string scheduler_class;
  json scheduler_config = json::object();
  /// A negative prompt that is not given is zeros instead of the encoded "".
  bool force_zeros_for_empty_prompt = true;
  at::ScalarType dtype = at::kFloat;      ///< of text encoders and UNet, and of the noise that is drawn
  at::ScalarType vae_dtype = at::kFloat;  ///< f32 where the config has force_upcast and dtype is f16
  at::Device device = at::kCPU;
  std::vector<std::string> fresh;  ///< slots of the UNet that no file filled, as its config was changed
};

struct model_load_options {
  at::ScalarType dtype = at::kFloat;
  at::Device device = at::kCPU;
  std::string variant;                             ///< "fp16": *.fp16.safetensors where there are such
  bool check_finite = false;                       ///< error{numerical} for a NaN or infinity in a file
  std::vector<std::filesystem::path> controlnets;  ///< folders, or org/name in the local cache
  std::vector<lora_file> loras;                    ///< all at once, in this order
  bool merge_loras = true;  ///< added to the weights while they are loaded; false: computed beside them
  /// Another SDXL UNet (a diffusers folder, its unet/, or a single-file checkpoint) whose layers take the
  /// place of all but the temporal ones; empty: none.
  std::filesystem::path spatial_unet_base;
  /// Temporal weights of a motion family instead of the UNet's own (motion_origin.hpp); empty: none.
  std::filesystem::path motion;
  /// Laid over the UNet's config: parts to swap (unet_changes.hpp). What only the changed UNet has is drawn
  /// fresh.
  json unet_changes = json::object();
  bool weights = true;  ///< false: parts are built and checked, their tensors stay undefined (--dry-run)
};

/// error{bad_input} for a missing part, an unknown class, a broken file, or parts that do not fit each other
/// (both files named, got and wanted). That they fit is checked on the configs and the files' headers, before
/// any weights are read; so are LoRA files.
text_to_video_model load_text_to_video_model(const model_directory& directory,
                                             const model_load_options& options = {});
/// A single-file SDXL checkpoint under its original names (text encoders, VAE and UNet in one .safetensors
/// file), with `companion`, a folder that has tokenizer/ and tokenizer_2/ (any Hotshot-XL or SDXL folder).
/// Configs of parts and of the scheduler are the companion's where it has them, else SDXL's published ones.
/// There are no temporal layers: the frames of a clip are independent pictures.
text_to_video_model load_checkpoint_model(const std::filesystem::path& checkpoint,
                                          const std::filesystem::path& companion,
                                          const model_load_options& options = {});

/// The scheduler of the model, or class `class_name` (empty: the model's) on the model's scheduler config
/// with `overrides` on top, as diffusers' from_config(config, **overrides) does.
std::unique_ptr<scheduler> make_model_scheduler(const text_to_video_model& model,
                                                const std::string& class_name = "",
                                                const json& overrides = json::object());

}  // namespace zoetrope
