// See preset_model.hpp.
#include "cli/preset_model.hpp"

#include <algorithm>

#include "core/io/atomic_file.hpp"
#include "core/io/passing_folder.hpp"
#include "pipelines/control_origin.hpp"
#include "pipelines/demo_model.hpp"
#include "pipelines/unet_changes.hpp"

namespace zoetrope {

namespace {

namespace fs = std::filesystem;

std::unique_ptr<clip_tokenizer> tokenizer_for(const json& encoder) {
  const auto demo = find_demo_model();
  ZT_CHECK(demo, usage, "plan: a preset needs the tokenizer of the demo model, which is not there");
  const fs::path source = *demo / "tokenizer";
  json settings = config::load(source / "tokenizer_config.json").value();
  settings["model_max_length"] = encoder.at("max_position_embeddings");
  const passing_folder folder;
  write_text_file(folder.path() / "tokenizer_config.json", settings.dump());
  fs::copy_file(source / "special_tokens_map.json", folder.path() / "special_tokens_map.json");
  return std::make_unique<clip_tokenizer>(source, folder.path());
}

}  // namespace

model_preset preset_named(const std::string& name) {
  const auto known = model_presets().names();
  ZT_CHECK(std::find(known.begin(), known.end(), name) != known.end(), usage,
           "--preset: ", unknown_name("preset", name, known));
  return model_presets().find(name)();
}

text_to_video_model preset_model(const model_preset& preset, const json& unet_changes,
                                 const std::vector<model_preset>& nets, at::ScalarType dtype,
                                 at::Device device) {
  const auto part = [&](const char* name) { return config(preset.component(name), name); };
  const std::string where = "preset";  // no files stand behind it
  model_origin origin;
  origin.text_encoder = {where, part("text_encoder"), {}};
  origin.text_encoder_2 = {where, part("text_encoder_2"), {}};
  origin.vae = {where, part("vae"), {}};
  origin.unet = changed({where, part("unet"), {}}, unet_changes);
  text_to_video_model model;
  model.text_encoder = origin.text_encoder.built();
  model.text_encoder_2 = origin.text_encoder_2.built();
  model.unet = origin.unet.built();
  model.vae = origin.vae.built();
  expect_changes_read(origin.unet.options, unet_changes);
  for (const model_preset& net : nets) {
    const config net_options(net.components.front().second, net.components.front().first);
    model.controlnets.push_back(std::make_unique<controlnet>(net_options));
    check_controlnet_fits(*model.controlnets.back(), net_options, model, origin);
  }
  model.tokenizer = tokenizer_for(preset.component("text_encoder"));
  model.tokenizer_2 = tokenizer_for(preset.component("text_encoder_2"));
  model.scheduler_class = preset.index.at("scheduler").at(1);
  model.scheduler_config = preset.component("scheduler");
  model.dtype = dtype;
  model.vae_dtype = dtype == at::kHalf && model.vae->force_upcast() ? at::kFloat : dtype;
  model.device = device;
  return model;
}

}  // namespace zoetrope
