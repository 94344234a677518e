// See training_tasks.hpp.
#include "training/training_tasks.hpp"

#include <map>

#include "core/names.hpp"
#include "core/tensor/device.hpp"
#include "training/diffusion_task.hpp"
#include "training/known_keys.hpp"
#include "training/latent_cache.hpp"
#include "training/vae_task.hpp"

namespace zoetrope {

namespace {

// "48 examples of 8 frames: 32 of 672 x 384, 16 of 512 x 512"
std::string contents_of(const dataset& data) {
  std::map<picture_size, int64_t> counts;
  for (int64_t i = 0; i < data.size(); ++i) ++counts[data.size_of(i)];
  std::string text = concat(data.size(), " examples of ", data.frames(), " frames");
  if (counts.size() == 1) return concat(text, " of ", name_of(counts.begin()->first));
  std::vector<std::string> buckets;
  for (const auto& [size, count] : counts) buckets.push_back(concat(count, " of ", name_of(size)));
  return concat(text, ": ", joined(buckets));
}

// What it holds, and what it leaves out, is told.
std::unique_ptr<dataset> read_dataset(const config& options, const char* key, const task_site& site) {
  const std::string cache = options.get("cache", "");  // of what the checks of files find
  auto data = make_dataset(options.at(key),
                           {cache.empty() ? nullptr : std::make_shared<tensor_cache>(cache, site.fills_cache),
                            site.on_clip, site.ranks});
  if (!site.note) return data;
  if (!data->skipped().empty()) site.note(data->skipped());
  site.note(concat(key, ": ", contents_of(*data)));
  return data;
}

std::unique_ptr<dataset> optional_dataset(const config& options, const char* key, const task_site& site) {
  return options.has(key) ? read_dataset(options, key, site) : nullptr;
}

// The others read their own.
void expect_known_keys(const config& options) {
  expect_keys_read(options, {"model", "data", "validation", "objective"});
}

at::ScalarType precision_of(const config& options, const char* key, const char* fallback) {
  const std::string name = options.get(key, fallback);
  try {
    return parse_precision(name);
  } catch (const error& unknown) {
    throw options.at(key).fail(unknown.what());
  }
}

std::unique_ptr<training_task> make_diffusion(const config& options,
                                              const std::function<training_model()>& make_model,
                                              const task_site& site) {
  diffusion_task_options read = read_diffusion_task_options(options, site.seed, site.batch_size);
  read.saved_dtype = precision_of(options, "saved_precision", "f16");
  read.vae_dtype = precision_of(options, "vae_precision", "f32");
  read.note = site.note;
  if (!site.fills_cache) read.cache.clear();  // no step is taken
  const at::ScalarType precision = precision_of(options, "precision", "f32");
  expect_known_keys(options);
  training_model model = make_model();
  // The task reads it for itself, but only once it has the data, which may take long to look at.
  const config aim = options.child("objective");
  objective(aim, {model.parts.scheduler_class, model.parts.scheduler_config});
  expect_keys_read(aim, {});
  std::unique_ptr<dataset> data = read_dataset(options, "data", site);
  std::unique_ptr<dataset> validation = optional_dataset(options, "validation", site);
  return std::make_unique<diffusion_task>(std::move(model), std::move(data), std::move(validation), aim, read,
                                          precision);
}

std::unique_ptr<training_task> make_vae(const config& options,
                                        const std::function<training_model()>& make_model,
                                        const task_site& site) {
  vae_task_options read = read_vae_task_options(options, site.seed, site.batch_size);
  read.saved_dtype = precision_of(options, "saved_precision", "f16");
  options.get("cache", "");
  expect_known_keys(options);
  training_model model = make_model();
  std::unique_ptr<dataset> data = read_dataset(options, "data", site);
  std::unique_ptr<dataset> validation = optional_dataset(options, "validation", site);
  if (!validation && site.note && options.get("evaluate_every", int64_t{0}) > 0)
    site.note("evaluate_every: there is no validation to look at");
  return std::make_unique<vae_task>(std::move(model), std::move(data), std::move(validation), read,
                                    precision_of(options, "precision", "f32"));
}

}  // namespace

const registry<training_task_maker>& training_tasks() {
  static const registry<training_task_maker> table(
      "training task", {{"diffusion", make_diffusion, "the denoiser, and the text encoders where asked for"},
                        {"vae", make_vae, "the image VAE"}});
  return table;
}

}  // namespace zoetrope
