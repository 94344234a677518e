// Where all parts of a text-to-video model come from: a diffusers folder, or a single-file SDXL checkpoint.
#pragma once

#include <filesystem>
#include <string>

#include "core/io/model_directory.hpp"
#include "models/autoencoder_kl.hpp"
#include "models/clip_text_encoder.hpp"
#include "models/unet3d.hpp"
#include "pipelines/part_origin.hpp"

namespace zoetrope {

struct model_origin {
  std::filesystem::path tokenizer, tokenizer_2;  ///< folders
  part_origin<clip_text_encoder> text_encoder, text_encoder_2;
  part_origin<autoencoder_kl> vae;
  part_origin<unet3d> unet;
  std::string scheduler_class;
  config scheduler_config;
  bool force_zeros_for_empty_prompt = true;
};

/// Classes that model_index.json may name: HotshotXLPipeline, HotshotXLControlNetPipeline,
/// StableDiffusionXLPipeline. error{bad_input} for another class or a part that is missing.
model_origin origin_in_directory(const model_directory& directory, const std::string& variant);

/// A single-file checkpoint under the original names. `companion` has tokenizer/ and tokenizer_2/; where it
/// also has a part's config, that holds (for other sizes than SDXL's), else the preset `sdxl`. The UNet is
/// the 2-D one, whatever the config says of temporal layers, of which the file has none.
model_origin origin_in_checkpoint(const std::filesystem::path& checkpoint,
                                  const std::filesystem::path& companion);

}  // namespace zoetrope
