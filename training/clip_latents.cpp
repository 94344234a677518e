// See clip_latents.hpp.
#include "training/clip_latents.hpp"

#include <ATen/ATen.h>
#include <c10/core/GradMode.h>

#include "core/error.hpp"
#include "models/frames.hpp"
#include "training/not_finite.hpp"

namespace zoetrope {

clip_latents::clip_latents(const autoencoder_kl& vae, const dataset& data,
                           const clip_latents_options& options)
    : vae_(vae), data_(data), options_(options) {}

std::vector<int64_t> clip_latents::shape(int64_t index) const {
  const picture_size size = data_.size_of(index);
  const int64_t factor = vae_.spatial_factor();
  return {vae_.latent_channels(), data_.frames(), size.height / factor, size.width / factor};
}

latent_distribution clip_latents::coded(const at::Tensor& frames) const {
  const at::Tensor& weight = *vae_.slots().front().tensor;
  std::vector<at::Tensor> means, logvars;
  const int64_t at_once = options_.frames_at_once > 0 ? options_.frames_at_once : frames.size(0);
  for (const at::Tensor& some : frames.split(at_once)) {
    const latent_distribution part = vae_.encode(some.to(weight.options()));
    means.push_back(part.mean);
    logvars.push_back(part.logvar);
  }
  return {at::cat(means).to(at::kCPU, at::kFloat), at::cat(logvars).to(at::kCPU, at::kFloat)};
}

latent_distribution clip_latents::distribution(int64_t index) const {
  const auto made = [&] { return coded(data_.pixels(index).transpose(0, 1)); };  // c f h w -> f c h w
  if (!options_.disk) return made();
  std::call_once(hashed_, [&] { encoder_ = weights_hash(vae_); });
  const tensor_map kept = options_.disk->get(latents_key(data_, index, encoder_), [&] {
    const latent_distribution found = made();
    return tensor_map{{"mean", found.mean}, {"logvar", found.logvar}};
  });
  return {kept.at("mean"), kept.at("logvar")};
}

std::string clip_latents::reason() const {
  const std::string weight = weight_not_finite("vae", vae_);
  if (!weight.empty()) return weight;
  return concat("all weights of the VAE are finite, and it computes in ",
                name_of(element_type_of(vae_.slots().front().tensor->scalar_type())));
}

latent_clip clip_latents::encoded(int64_t index) const {
  const c10::NoGradGuard no_gradient;
  const latent_distribution found = distribution(index);
  const auto as_clip = [](const at::Tensor& frames) { return frames.transpose(0, 1).contiguous(); };
  const at::Tensor mean = vae_.scaled(found.mean);
  // scaled() is affine: the deviation has its slope alone.
  const at::Tensor deviation = vae_.scaled(found.mean + found.standard_deviation()) - mean;
  ZT_CHECK(at::isfinite(mean).all().item<bool>() && at::isfinite(deviation).all().item<bool>(), numerical,
           "the latents of ", data_.name(index), " ('", printable(data_.label(index).caption),
           "') hold a NaN or infinity; ", reason());
  return {as_clip(mean), as_clip(deviation)};
}

latent_clip clip_latents::of(int64_t index) const {
  {
    const std::lock_guard lock(mutex_);
    if (const auto found = kept_.find(index); found != kept_.end()) return found->second;
  }
  const latent_clip made = encoded(index);  // two threads may make the same one
  const int64_t bytes = static_cast<int64_t>(made.mean.nbytes() + made.deviation.nbytes());
  const std::lock_guard lock(mutex_);
  if (kept_bytes_ + bytes <= options_.memory_bytes && kept_.emplace(index, made).second) kept_bytes_ += bytes;
  return made;
}

at::Tensor clip_latents::batch(const std::vector<int64_t>& indices, const at::Tensor& noise) const {
  std::vector<at::Tensor> clips;
  for (std::size_t i = 0; i < indices.size(); ++i) {
    const latent_clip clip = of(indices[i]);
    clips.push_back(noise.defined() ? clip.mean + clip.deviation * noise[static_cast<int64_t>(i)]
                                    : clip.mean);
  }
  return at::stack(clips);
}

}  // namespace zoetrope
