// Trains the denoiser of a text-to-video model, and its text encoders where asked for, on captioned clips
// (denoising.hpp).
// As Hotshot-XL's fine_tune.py, whose defaults it has: temporal layers alone, latents sampled from the VAE.
#pragma once

#include <functional>
#include <memory>
#include <optional>

#include "training/clip_latents.hpp"
#include "training/data_order.hpp"
#include "training/denoising.hpp"
#include "training/low_rank.hpp"
#include "training/model_folder.hpp"
#include "training/task.hpp"
#include "training/textual_inversion.hpp"
#include "training/trained_weights.hpp"

namespace zoetrope {

/// What evaluate() looks at (diffusion_evaluation.hpp).
struct diffusion_evaluation_options {
  std::vector<double> levels = {0.6, 0.8, 0.95};
  int64_t gap_clips = 24;            ///< an attribute
  int64_t samples = 0;               ///< held-out captions of which clips are generated; 0: none
  std::vector<std::string> prompts;  ///< and these
  int64_t captions = 0;              ///< and so many of the data's own, each once
  int64_t steps = 12;
  double guidance_scale = 4.0, guidance_rescale = 0.5;
};
diffusion_evaluation_options read_diffusion_evaluation_options(const config& options);

struct diffusion_task_options {
  uint64_t seed = 0;
  int64_t batch_size = 8;  ///< clips of a step, over all ranks
  std::vector<std::string> train = {"unet.*temporal*"};
  std::optional<low_rank_options> lora = {};  ///< adapters are trained, and none of the weights themselves
  std::optional<textual_inversion_options> inversion = {};  ///< a word is taught, and nothing else
  double caption_dropout = 0.0;                             ///< share of the clips whose caption is left out
  diffusion_evaluation_options evaluation;
  std::vector<std::string> recompute = {};  ///< patterns: layers whose activations are computed twice
  bool sample_latents = true;               ///< false: the mean of the VAE's distribution
  at::ScalarType saved_dtype = at::kHalf;
  at::ScalarType vae_dtype = at::kFloat;
  int64_t vae_frames = 0;  ///< that the VAE encodes at once; 0: all of a clip
  int64_t latent_memory = int64_t{1} << 30;
  std::string cache;  ///< folder in which latents and text states are kept; empty: none
  std::function<void(const std::string&)> note = {};  ///< what the user may like to know
};
/// A run that evaluates and has neither validation nor prompts looks at clips of its data's first captions.
/// Keys cache, train, lora or textual_inversion, caption_dropout, recompute, sample_latents, evaluation; seed
/// and batch size are the run's.
diffusion_task_options read_diffusion_task_options(const config& options, uint64_t seed, int64_t batch_size);

/// [6] f32, as the UNet takes a row of them.
at::Tensor time_ids_of(const clip_size_conditioning& sizes);

class diffusion_task : public training_task {
 public:
  /// `held_out` is what evaluate() looks at; it may be null. The UNet and the text encoders compute in
  /// `dtype`.
  diffusion_task(training_model model, std::unique_ptr<dataset> data, std::unique_ptr<dataset> held_out,
                 const config& objective_options, const diffusion_task_options& options,
                 at::ScalarType dtype = at::kFloat);

  const trained_parameters& parameters() const override { return trained_->parameters(); }
  const dataset* data() const override { return data_.get(); }
  std::vector<trainable_part> parts() const override;
  void prepare(int64_t step) override;
  share_loss loss(const batch_share& share) const override;
  std::vector<std::string> measures() const override;
  named_scalars evaluate(int64_t step, train_log& log) override;
  void save(const std::filesystem::path& folder) override;

  std::string told(const std::string& caption) const { return trained_->told(caption); }
  const text_to_video_model& model() const { return model_.parts; }
  const objective& training_objective() const { return objective_; }
  const text_states& texts() const { return texts_; }
  /// Null without a cache.
  const tensor_cache* cache() const { return cache_.get(); }
  const denoising& training_step() const { return step_; }

 private:
  void generate_with_what_is_trained();
  void check_clips(const dataset& data, const std::string& name) const;
  void look_at_own_captions();
  void tell_of_cache();
  denoising_batch batch_of(const batch_share& share) const;

  training_model model_;
  std::unique_ptr<dataset> data_, held_out_;
  diffusion_task_options options_;
  objective objective_;
  std::unique_ptr<trainable> trained_;
  data_order order_;
  std::shared_ptr<tensor_cache> cache_;
  bool told_of_cache_ = false;
  text_states texts_;
  clip_latents latents_;
  denoising step_;
};

}  // namespace zoetrope
