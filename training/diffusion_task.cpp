// See diffusion_task.hpp.
#include "training/diffusion_task.hpp"

#include <ATen/ATen.h>

#include "core/error.hpp"
#include "core/names.hpp"
#include "schedulers/prediction_names.hpp"
#include "training/diffusion_evaluation.hpp"

namespace zoetrope {

namespace {

std::vector<trainable_part> parts_of(const text_to_video_model& model) {
  return {{"unet", model.unet.get()},
          {"text_encoder", model.text_encoder.get()},
          {"text_encoder_2", model.text_encoder_2.get()}};
}

std::unique_ptr<trainable> make_trainable(text_to_video_model& model, const diffusion_task_options& options,
                                          at::ScalarType dtype) {
  if (options.inversion) return std::make_unique<textual_inversion>(model, *options.inversion, dtype);
  if (options.lora) return std::make_unique<low_rank>(parts_of(model), *options.lora, dtype, model.device);
  return std::make_unique<trained_weights>(parts_of(model), options.train, dtype, model.device);
}

bool dropped(uint64_t seed, int64_t step, int64_t row, double share) {
  if (share <= 0) return false;
  return generator::for_purpose(seed, concat("caption of step ", step, ", clip ", row))
             .uniform({1}, 0.0, 1.0, at::kDouble)
             .item<double>() < share;
}

}  // namespace

at::Tensor time_ids_of(const clip_size_conditioning& sizes) {
  const std::array<float, 6> numbers = sizes.time_ids();
  return at::tensor(at::ArrayRef<float>(numbers));
}

namespace {

void read_what_is_trained(const config& options, diffusion_task_options& read) {
  const char* given = nullptr;
  for (const char* key : {"train", "lora", "textual_inversion"}) {
    if (!options.has(key)) continue;
    if (given) throw options.at(key).fail(concat(given, " is there too; wanted one of the two"));
    given = key;
  }
  if (options.has("lora"))
    read.lora = read_low_rank_options(options.at("lora"), read.seed);
  else if (options.has("textual_inversion"))
    read.inversion = read_textual_inversion_options(options.at("textual_inversion"));
  else
    read.train = options.get("train", read.train);
  for (const std::string& pattern : read.train)
    if (pattern.starts_with("vae.")) throw options.at("train").fail("the VAE is trained with `task: vae`");
}

// As many as fine_tune.py has of its own.
constexpr int64_t default_prompts = 3;

// True: all layers; else patterns.
std::vector<std::string> read_recompute(const config& options) {
  if (options.has("recompute") && options.at("recompute").is_array())
    return options.get("recompute", std::vector<std::string>());
  return options.get("recompute", false) ? std::vector<std::string>{"*"} : std::vector<std::string>();
}

}  // namespace

diffusion_task_options read_diffusion_task_options(const config& options, uint64_t seed, int64_t batch_size) {
  diffusion_task_options read{.seed = seed, .batch_size = batch_size};
  read_what_is_trained(options, read);
  read.cache = options.get("cache", read.cache);
  read.caption_dropout = options.get("caption_dropout", read.caption_dropout);
  if (!(read.caption_dropout >= 0 && read.caption_dropout <= 1))
    throw options.at("caption_dropout").fail("wanted a share, 0 to 1");
  read.evaluation = read_diffusion_evaluation_options(options.child("evaluation"));
  if (options.get("evaluate_every", int64_t{0}) > 0 && !options.has("validation") &&
      !options.child("evaluation").has("prompts"))
    read.evaluation.captions = default_prompts;
  read.vae_frames = options.bounded("vae_frames", read.vae_frames, 0, 1 << 20);
  read.recompute = read_recompute(options);
  read.sample_latents = options.get("sample_latents", read.sample_latents);
  return read;
}

diffusion_task::diffusion_task(training_model model, std::unique_ptr<dataset> data,
                               std::unique_ptr<dataset> held_out, const config& objective_options,
                               const diffusion_task_options& options, at::ScalarType dtype)
    : model_(std::move(model)),
      data_(std::move(data)),
      held_out_(std::move(held_out)),
      options_(options),
      objective_(objective_options, {model_.parts.scheduler_class, model_.parts.scheduler_config}),
      trained_(make_trainable(model_.parts, options, dtype)),
      order_(bucket_numbers(*data_), {.global_batch = options.batch_size, .seed = options.seed}),
      cache_(options.cache.empty() ? nullptr : std::make_shared<tensor_cache>(options.cache)),
      texts_(model_.parts, trained_->trains("text_encoder") || trained_->trains("text_encoder_2"), cache_),
      latents_(*model_.parts.vae, *data_, {options.vae_frames, options.latent_memory, cache_}),
      step_{*model_.parts.unet, objective_, dtype, chosen_layers(*model_.parts.unet, options.recompute)} {
  generate_with_what_is_trained();
  trained_->expect_trainable_on(*data_);
  model_.parts.dtype = dtype;
  model_.parts.vae_dtype = options.vae_dtype;
  model_.parts.vae->to(model_.parts.device, options.vae_dtype);
  look_at_own_captions();
  check_clips(*data_, "data");
  if (held_out_) check_clips(*held_out_, "validation");
}

void diffusion_task::look_at_own_captions() {
  std::vector<std::string>& prompts = options_.evaluation.prompts;
  const std::size_t wanted = prompts.size() + static_cast<std::size_t>(options_.evaluation.captions);
  if (wanted == prompts.size()) return;
  for (int64_t i = 0; i < data_->size() && prompts.size() < wanted; ++i)
    if (const std::string caption = data_->label(i).caption;
        std::find(prompts.begin(), prompts.end(), caption) == prompts.end())
      prompts.push_back(caption);
  if (options_.note)
    options_.note("evaluation: neither validation nor prompts; generates the data's first captions: " +
                  joined(prompts, "; "));
}

// The UNet can take them.
void diffusion_task::check_clips(const dataset& data, const std::string& name) const {
  check_sides(data, name, model_.parts.vae->spatial_factor() * model_.parts.unet->size_multiple());
  const int64_t most = model_.parts.unet->maximum_frames();
  ZT_CHECK(most == 0 || data.frames() <= most, usage, name, ": clips of ", data.frames(),
           " frames, but the model's positional table holds ", most);
}

// The scheduler follows the objective, where the model is saved with it.
void diffusion_task::generate_with_what_is_trained() {
  const model_scheduler had{model_.parts.scheduler_class, model_.parts.scheduler_config};
  if (options_.lora || options_.inversion) {
    ZT_CHECK(objective_.predicts() == prediction_of(had), usage,
             "objective.prediction: ", name_of(objective_.predicts()), " for a model of ",
             name_of(prediction_of(had)),
             ", with which what is trained here will be used; another target takes `train`");
    return;
  }
  const model_scheduler fits = objective_.scheduler_for(had);
  set_scheduler(model_, fits.class_name, fits.options);
  in_context("objective.prediction", [&] { make_model_scheduler(model_.parts); });
}

denoising_batch diffusion_task::batch_of(const batch_share& share) const {
  const std::vector<int64_t> batch = order_.global_batch(share.step);
  const std::vector<int64_t> indices(batch.begin() + share.first, batch.begin() + share.first + share.count);
  std::vector<std::string> captions;
  std::vector<bool> left_out;
  std::vector<at::Tensor> sizes, noise;
  for (int64_t i = 0; i < share.count; ++i) {
    const example_label label = data_->label(indices[i]);
    const int64_t row = share.first + i;
    captions.push_back(told(label.caption));
    left_out.push_back(dropped(options_.seed, share.step, row, options_.caption_dropout));
    sizes.push_back(time_ids_of(label.sizes));
    if (options_.sample_latents)
      noise.push_back(
          generator::for_purpose(options_.seed, concat("latents of step ", share.step, ", clip ", row))
              .normal(latents_.shape(indices[i])));
  }
  const at::Tensor latents = in_context(concat("step ", share.step + 1), [&] {
    return latents_.batch(indices, noise.empty() ? at::Tensor() : at::stack(noise));
  });
  return {latents.to(model_.parts.device), at::stack(sizes).to(model_.parts.device),
          texts_.of(captions, left_out)};
}

void diffusion_task::prepare(int64_t) {
  trained_->refresh();
  tell_of_cache();
}

// Once, and from the thread that takes the steps: the failure may have been any worker's.
void diffusion_task::tell_of_cache() {
  if (!cache_ || told_of_cache_ || !options_.note) return;
  const std::string failure = cache_->counts().write_failure;
  if (failure.empty()) return;
  options_.note(concat("cache: goes on without storing more: ", failure));
  told_of_cache_ = true;
}

std::vector<trainable_part> diffusion_task::parts() const { return parts_of(model_.parts); }

share_loss diffusion_task::loss(const batch_share& share) const {
  const at::Tensor losses = step_.losses(batch_of(share), options_.seed, share);
  return {losses.sum() / static_cast<double>(share.batch), {}};
}

std::vector<std::string> diffusion_task::measures() const {
  return diffusion_measures(*data_, held_out_.get(), options_.evaluation);
}

named_scalars diffusion_task::evaluate(int64_t step, train_log& log) {
  return evaluate_diffusion(*this, *data_, held_out_.get(), options_.evaluation, step, log);
}

void diffusion_task::save(const std::filesystem::path& folder) {
  tell_of_cache();
  trained_->save(model_, folder, options_.saved_dtype);
}

}  // namespace zoetrope
