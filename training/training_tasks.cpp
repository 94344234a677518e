// See training_tasks.hpp.
#include "training/training_tasks.hpp"

#include "core/tensor/device.hpp"
#include "training/diffusion_task.hpp"
#include "training/latent_cache.hpp"
#include "training/vae_task.hpp"

namespace zoetrope {

namespace {

struct task_data {
  std::unique_ptr<dataset> trained_on, validation;
};

task_data read_data(const config& options, const task_site& site) {
  const std::string cache = options.get("cache", "");
  const dataset_site data_site{cache.empty() ? nullptr : std::make_shared<tensor_cache>(cache)};
  const auto read = [&](const char* key) {
    auto data = make_dataset(options.at(key), data_site);
    if (site.note)
      for (const std::string& skipped : data->skipped()) site.note(concat("left out: ", skipped));
    return data;
  };
  return {read("data"), options.has("validation") ? read("validation") : nullptr};
}

at::ScalarType precision_of(const config& options, const char* key, const char* fallback) {
  const std::string name = options.get(key, fallback);
  try {
    return parse_precision(name);
  } catch (const error& unknown) {
    throw options.at(key).fail(unknown.what());
  }
}

std::unique_ptr<training_task> make_diffusion(const config& options, training_model model,
                                              const task_site& site) {
  diffusion_task_options read = read_diffusion_task_options(options, site.seed, site.batch_size);
  read.saved_dtype = precision_of(options, "saved_precision", "f16");
  read.vae_dtype = precision_of(options, "vae_precision", "f32");
  read.note = site.note;
  task_data data = read_data(options, site);
  return std::make_unique<diffusion_task>(std::move(model), std::move(data.trained_on),
                                          std::move(data.validation), options.child("objective"), read,
                                          precision_of(options, "precision", "f32"));
}

std::unique_ptr<training_task> make_vae(const config& options, training_model model, const task_site& site) {
  vae_task_options read = read_vae_task_options(options, site.seed, site.batch_size);
  read.saved_dtype = precision_of(options, "saved_precision", "f16");
  task_data data = read_data(options, site);
  if (!data.validation && site.note && options.get("evaluate_every", int64_t{0}) > 0)
    site.note("evaluate_every: there is no validation to look at");
  return std::make_unique<vae_task>(std::move(model), std::move(data.trained_on), std::move(data.validation),
                                    read);
}

}  // namespace

const registry<training_task_maker>& training_tasks() {
  static const registry<training_task_maker> table(
      "training task", {{"diffusion", make_diffusion, "the denoiser, and the text encoders where asked for"},
                        {"vae", make_vae, "the image VAE"}});
  return table;
}

}  // namespace zoetrope
