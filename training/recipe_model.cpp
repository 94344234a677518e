// See recipe_model.hpp.
#include "training/recipe_model.hpp"

#include "models/vocabulary_learner.hpp"
#include "training/dataset.hpp"
#include "training/distributed/communicator.hpp"

namespace zoetrope {

namespace {

namespace fs = std::filesystem;

// Ranks share the folder: rank 0 writes, and the others wait until it has.
void on_first(const recipe_run& run, const std::function<void()>& write) {
  run.ranks ? run.ranks->on_first(write) : write();
}

// A vocabulary learnt from the captions of a dataset; where it lies.
fs::path learned_tokenizer(const config& options, const recipe_run& run, int64_t tokens) {
  const int64_t texts = options.bounded("texts", 20000, 1, 10'000'000);
  const int64_t merges = options.bounded("merges", 128, 0, 1'000'000);
  const auto data = make_dataset(options.at("data"), {.ranks = run.ranks});
  const fs::path folder = run.folder / "tokenizer";
  on_first(run, [&] {
    std::vector<std::string> captions;
    for (int64_t i = 0; i < std::min(texts, data->size()); ++i) captions.push_back(data->label(i).caption);
    write_clip_tokenizer(folder, learned_vocabulary(captions, merges), tokens);
  });
  return folder;
}

// The text encoders' configs follow the vocabulary.
void fit_to_vocabulary(model_preset& preset, int64_t tokens) {
  for (const char* name : {"text_encoder", "text_encoder_2"}) {
    json& encoder = preset.component(name);
    encoder["vocab_size"] = tokens;
    encoder["bos_token_id"] = tokens - 2;
    encoder["eos_token_id"] = tokens - 1;
    encoder["pad_token_id"] = tokens - 1;
  }
}

training_model model_of_preset(const config& options, const model_site& site, const recipe_run& run) {
  model_description description;
  description.configs = merged(named_in(options, "preset", model_presets(), "")(), options.child("set"));
  if (description.configs.index.is_null())
    throw options.at("preset").fail("it is one component, not a model");
  const int64_t length = description.configs.component("text_encoder").at("max_position_embeddings");
  const fs::path folder = learned_tokenizer(options.at("vocabulary"), run, length);
  description.tokenizer = description.tokenizer_2 = folder;
  fit_to_vocabulary(description.configs, clip_tokenizer(folder).vocabulary_size());
  return fresh_model(description, site.seed, site.device);
}

training_model model_of_directory(const config& options, const model_site& site) {
  const std::string directory = options.get<std::string>("pretrained");
  training_model model = load_for_training(
      directory, options.has("unet") ? options.at("unet").value() : json::object(), site.device);
  const std::string unet_weights = options.get("unet_weights", "");
  if (!unet_weights.empty()) load_unet(model, unet_weights);
  return model;
}

}  // namespace

training_model make_model(const config& options, const model_site& site, const recipe_run& run) {
  training_model model =
      options.has("preset") ? model_of_preset(options, site, run) : model_of_directory(options, site);
  const config scales = options.child("initial_scale");
  for (const std::string& pattern : scales.keys()) scale_weights(model, pattern, scales.get<double>(pattern));
  return model;
}

}  // namespace zoetrope
