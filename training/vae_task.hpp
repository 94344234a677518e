// Trains an image VAE on the frames of clips (Kingma and Welling 2014; losses of Rombach et al. 2022 without
// their networks):
//   loss = |x' - x| + squared · |x' - x|^2 + gradient · |grad x' - grad x| + kl · KL(q(z | x) || N(0, 1))
// with x' decoded from a sample of q, means over pixels, and the KL a mean over latent numbers.
#pragma once

#include "training/data_order.hpp"
#include "training/dataset.hpp"
#include "training/model_folder.hpp"
#include "training/task.hpp"
#include "training/trained_weights.hpp"

namespace zoetrope {

struct vae_task_options {
  uint64_t seed = 0;
  int64_t batch_size = 16;      ///< clips of a step, over all ranks
  int64_t frames_per_clip = 2;  ///< of each clip, drawn anew at every visit
  std::vector<std::string> train = {"vae.*"};
  double squared = 2.0, gradient = 0.5, kl = 1e-3;
  at::ScalarType saved_dtype = at::kHalf;
};
/// Keys train, frames_per_clip, squared, gradient, kl.
vae_task_options read_vae_task_options(const config& options, uint64_t seed, int64_t batch_size);

/// Of the channels of latents: [L] f32 each, on the CPU.
struct channel_statistics {
  at::Tensor mean, deviation;
};

class vae_task : public training_task {
 public:
  /// `validation` may be null. The VAE computes in `dtype`, losses and trained weights are f32. error{usage} for
  /// clips whose sides the VAE would cut.
  vae_task(training_model model, std::unique_ptr<dataset> data, std::unique_ptr<dataset> validation,
           const vae_task_options& options, at::ScalarType dtype = at::kFloat);

  const trained_parameters& parameters() const override { return weights_.parameters(); }
  const dataset* data() const override { return data_.get(); }
  std::vector<trainable_part> parts() const override { return {{"vae", model_.parts.vae.get()}}; }
  void prepare(int64_t) override { weights_.refresh(); }
  share_loss loss(const batch_share& share) const override;
  std::vector<std::string> measures() const override;
  /// Of the validation clips' reconstructions: "psnr" in dB and, for clips of shapes, obey_rates(). Logs the
  /// first ones, each original with its reconstruction at its right.
  named_scalars evaluate(int64_t step, train_log& log) override;
  /// Latents of zero mean and unit variance are what the denoiser wants: where the encoder was trained, each
  /// channel's are measured over the first clips and folded into quant_conv and post_quant_conv. The scaling
  /// factor of the config should then be 1.
  void save(const std::filesystem::path& folder) override;

 private:
  at::Tensor frames_of(const batch_share& share) const;
  latent_distribution encode(const at::Tensor& pictures) const;
  at::Tensor decode(const at::Tensor& latents) const;
  channel_statistics latent_statistics() const;

  training_model model_;
  std::unique_ptr<dataset> data_, validation_;
  vae_task_options options_;
  at::ScalarType dtype_;
  trained_weights weights_;
  data_order order_;
};

}  // namespace zoetrope
