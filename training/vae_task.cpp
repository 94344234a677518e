// See vae_task.hpp.
#include "training/vae_task.hpp"
#include "training/train_log.hpp"

#include <ATen/ATen.h>
#include <c10/core/GradMode.h>

#include <cmath>

#include "core/error.hpp"
#include "models/frames.hpp"
#include "training/shape_judgement.hpp"

namespace zoetrope {

namespace {

// b c h w; the mean |difference| of neighbours along x and along y
at::Tensor gradient_error(const at::Tensor& error) {
  return error.diff(1, -1).abs().mean({1, 2, 3}) + error.diff(1, -2).abs().mean({1, 2, 3});
}

// KL(N(mean, exp(logvar)) || N(0, 1)) for each number, the mean over a row's
at::Tensor divergence(const latent_distribution& coded) {
  return 0.5 * (coded.mean.square() + coded.logvar.exp() - 1 - coded.logvar).mean({1, 2, 3});
}

at::Tensor& slot_tensor(module& part, const std::string& name) {
  for (const parameter_slot& slot : part.slots())
    if (slot.name == name) return *slot.tensor;
  throw error(error_kind::usage,
              concat("train: the VAE has no ", name, ", into which the latents' scale is folded"));
}

// What quant_conv and post_quant_conv hold, put back at the end.
class folded_statistics {
 public:
  folded_statistics(module& vae, const channel_statistics& found) : vae_(vae) {
    for (const char* name : names) kept_.push_back(slot_tensor(vae, name));
    const at::Tensor mean = found.mean, deviation = found.deviation;
    const int64_t channels = mean.size(0);
    // Rows of quant_conv: the means, (m - mean) / deviation, then the logvars, less 2 log deviation.
    const at::Tensor slope = at::cat({1 / deviation, at::ones_like(deviation)});
    const at::Tensor shift = at::cat({mean / deviation, 2 * deviation.log()});
    slot_tensor(vae, names[0]) = kept_[0] * slope.view({2 * channels, 1, 1, 1});
    slot_tensor(vae, names[1]) = kept_[1] * slope - shift;
    slot_tensor(vae, names[2]) = kept_[2] * deviation.view({1, channels, 1, 1});
    slot_tensor(vae, names[3]) = kept_[3] + at::mv(kept_[2].flatten(1), mean);
  }
  ~folded_statistics() {
    for (std::size_t i = 0; i < kept_.size(); ++i) slot_tensor(vae_, names[i]) = kept_[i];
  }

 private:
  static constexpr const char* names[] = {"quant_conv.weight", "quant_conv.bias", "post_quant_conv.weight",
                                          "post_quant_conv.bias"};
  module& vae_;
  std::vector<at::Tensor> kept_;
};

constexpr int64_t statistics_clips = 256, logged_clips = 4;

}  // namespace

vae_task_options read_vae_task_options(const config& options, uint64_t seed, int64_t batch_size) {
  vae_task_options read{.seed = seed, .batch_size = batch_size};
  read.train = options.get("train", read.train);
  read.frames_per_clip = options.bounded("frames_per_clip", read.frames_per_clip, 1, 4096);
  for (const auto& [key, weight] : std::initializer_list<std::pair<const char*, double*>>{
           {"squared", &read.squared}, {"gradient", &read.gradient}, {"kl", &read.kl}}) {
    *weight = options.get(key, *weight);
    if (!(*weight >= 0)) throw options.at(key).fail("wanted 0 or more");
  }
  return read;
}

vae_task::vae_task(training_model model, std::unique_ptr<dataset> data, std::unique_ptr<dataset> validation,
                   const vae_task_options& options, at::ScalarType dtype)
    : model_(std::move(model)),
      data_(std::move(data)),
      validation_(std::move(validation)),
      options_(options),
      dtype_(dtype),
      weights_(parts(), options.train, dtype, model_.parts.device),
      order_(bucket_numbers(*data_), {.global_batch = options.batch_size, .seed = options.seed}) {
  const int64_t factor = model_.parts.vae->spatial_factor();
  check_sides(*data_, "data", factor);
  if (validation_) check_sides(*validation_, "validation", factor);
}

// (b frames_per_clip) 3 h w
at::Tensor vae_task::frames_of(const batch_share& share) const {
  const std::vector<int64_t> batch = order_.global_batch(share.step);
  std::vector<at::Tensor> pictures;
  for (int64_t row = share.first; row < share.first + share.count; ++row) {
    generator random =
        generator::for_purpose(options_.seed, concat("frames of step ", share.step, ", clip ", row));
    const at::Tensor chosen = at::randint(data_->frames(), {options_.frames_per_clip}, random.torch(),
                                          at::TensorOptions().dtype(at::kLong));
    const int64_t* frames = chosen.const_data_ptr<int64_t>();
    const at::Tensor clip = data_->frames_of(batch[row], {frames, frames + chosen.numel()});
    pictures.push_back(clip.transpose(0, 1));  // c f h w -> f c h w
  }
  return at::cat(pictures).to(model_.parts.device).contiguous(at::MemoryFormat::ChannelsLast);
}

// f32 in and out, as decode().
latent_distribution vae_task::encode(const at::Tensor& pictures) const {
  const latent_distribution coded = model_.parts.vae->encode(pictures.to(dtype_));
  return {coded.mean.to(at::kFloat), coded.logvar.to(at::kFloat)};
}

at::Tensor vae_task::decode(const at::Tensor& latents) const {
  return model_.parts.vae->decode(latents.to(dtype_)).to(at::kFloat);
}

share_loss vae_task::loss(const batch_share& share) const {
  const at::Tensor pictures = frames_of(share);
  const latent_distribution coded = encode(pictures);
  std::vector<at::Tensor> noise;
  for (int64_t row = share.first; row < share.first + share.count; ++row)
    noise.push_back(
        generator::for_purpose(options_.seed, concat("latents of step ", share.step, ", clip ", row))
            .normal({options_.frames_per_clip, coded.mean.size(1), coded.mean.size(2), coded.mean.size(3)}));
  const at::Tensor latents =
      coded.mean + coded.standard_deviation() * at::cat(noise).to(coded.mean.options());
  const at::Tensor error = decode(latents) - pictures;
  const at::Tensor reconstruction = error.abs().mean({1, 2, 3}) +
                                    options_.squared * error.square().mean({1, 2, 3}) +
                                    options_.gradient * gradient_error(error);
  const at::Tensor kl = divergence(coded);
  const double rows = static_cast<double>(share.batch * options_.frames_per_clip);
  const at::Tensor sum = reconstruction.sum() / rows;
  return {sum + options_.kl * kl.sum() / rows,
          {{"reconstruction", sum.item<double>()}, {"kl", kl.sum().item<double>() / rows}}};
}

std::vector<std::string> vae_task::measures() const {
  if (!validation_) return {};
  std::vector<std::string> captions;
  for (int64_t i = 0; i < validation_->size(); ++i) captions.push_back(validation_->label(i).caption);
  std::vector<std::string> names = obey_names(captions, *validation_);
  names.push_back("psnr");
  return names;
}

named_scalars vae_task::evaluate(int64_t step, train_log& log) {
  if (!validation_) return {};
  const c10::NoGradGuard no_gradient;
  double squared = 0;
  std::vector<judged_clip> clips;
  for (int64_t index = 0; index < validation_->size(); ++index) {
    on_piece();
    const at::Tensor pictures = validation_->pixels(index).transpose(0, 1).to(model_.parts.device);
    const at::Tensor again = decode(encode(pictures).mean).clamp(-1, 1);
    squared +=
        ((again - pictures) / 2).square().mean().item<double>() / static_cast<double>(validation_->size());
    clips.push_back({again.transpose(0, 1), validation_->label(index).caption});
    if (index < logged_clips)
      log.clip(concat("reconstructions/", index), step,
               to_rgb(clip_of(at::cat({pictures, again}, 3).transpose(0, 1))), 125 * pictures.size(0));
  }
  named_scalars found = obey_rates(clips, *validation_);
  found["psnr"] = -10 * std::log10(squared);
  return found;
}

channel_statistics vae_task::latent_statistics() const {
  std::vector<at::Tensor> means;
  for (int64_t index = 0; index < std::min(statistics_clips, data_->size()); ++index)
    means.push_back(encode(data_->pixels(index).transpose(0, 1).to(model_.parts.device)).mean.cpu());
  const at::Tensor all = at::cat(means).transpose(0, 1).flatten(1).to(at::kDouble);  // channels, numbers
  return {all.mean(1).to(at::kFloat), all.std(1).to(at::kFloat)};
}

void vae_task::save(const std::filesystem::path& folder) {
  const c10::NoGradGuard no_gradient;
  weights_.refresh();  // after the last step
  std::optional<channel_statistics> found;
  if (weights_.trains("vae.encoder") || weights_.trains("vae.quant_conv")) found = latent_statistics();
  weights_.release();
  model_.parts.vae->to(at::kCPU, at::kFloat);  // frozen weights lie there already
  std::optional<folded_statistics> folded;
  if (found) folded.emplace(*model_.parts.vae, *found);
  save_model(model_, folder, options_.saved_dtype);
}

}  // namespace zoetrope
