// What the denoiser is trained to say about a noised clip, and how much each noise level counts.
//   x_t = alpha_t x_0 + sigma_t epsilon, one t a clip
//   target    epsilon; v = alpha epsilon - sigma x_0 (Salimans and Ho 2022); x_0; flow: epsilon - x_0 at
//             x_s = (1 - s) x_0 + s epsilon (Lipman et al. 2023; Liu et al. 2023)
//   weights   min-SNR (Hang et al. 2023, arXiv 2303.09556): min(SNR, gamma) / SNR for epsilon, / (SNR + 1)
//             for v, min(SNR, gamma) for x_0, with SNR = alpha^2 / sigma^2
//   noise offset: epsilon += offset n with one n a clip and channel (Guttenberg 2023), as Hotshot-XL does
#pragma once

#include <ATen/core/Tensor.h>

#include "schedulers/prediction.hpp"
#include "training/timestep_distribution.hpp"

namespace zoetrope {

/// A model's scheduler as its directory names it.
struct model_scheduler {
  std::string class_name;
  json options = json::object();  ///< scheduler_config.json
};

/// What the network of a model with this scheduler says; error{bad_input} for an unknown prediction_type.
prediction prediction_of(const model_scheduler& scheduler);

/// The random part of a batch: all that a step draws besides its data.
struct noise_draw {
  at::Tensor noise;   ///< b c f h w
  at::Tensor levels;  ///< [b] f64 in [0, 1): the share of the way from clean to noise
};

class objective {
 public:
  /// options: prediction ("flow_prediction" for rectified flow), snr_gamma (none: all levels count the same),
  /// noise_offset 0, timesteps {type, …}, shift (flow: more noise for larger clips), compat_hotshot
  /// (fine_tune.py's weights: gamma 1 whatever is asked for, min(SNR, 1) / SNR for v too). scheduler: the
  /// model's, whose prediction and shift hold where they are not given. error{bad_input} for a target that
  /// the scheduler's noise levels do not allow: epsilon where one has no signal, all but a flow on a flow's.
  objective(const config& options, const model_scheduler& scheduler);

  /// The scheduler that generates with what is trained: `had`, or the same with another prediction_type or
  /// shift, or FlowMatchEulerDiscreteScheduler for a flow where `had` is for diffusion.
  model_scheduler scheduler_for(model_scheduler had) const;
  prediction predicts() const { return prediction_; }

  /// Rows `first` … of a batch of `batch` clips at `step`: each row's numbers depend on seed, step and its
  /// place in the batch alone, however the batch is cut. shape: b c f h w of these rows.
  noise_draw draw(uint64_t seed, int64_t step, int64_t first, int64_t batch, at::IntArrayRef shape) const;
  /// The timesteps that the UNet is told, f32 [b].
  at::Tensor timesteps(const at::Tensor& levels) const;
  at::Tensor noised(const at::Tensor& original, const noise_draw& drawn) const;
  at::Tensor target(const at::Tensor& original, const noise_draw& drawn) const;
  /// Squared error of each clip, weighted: [b] f32.
  at::Tensor losses(const at::Tensor& output, const at::Tensor& original, const noise_draw& drawn) const;

 private:
  at::Tensor indices(const at::Tensor& levels) const;
  std::pair<at::Tensor, at::Tensor> signal_and_noise(const at::Tensor& levels) const;
  at::Tensor weights(const at::Tensor& levels) const;

  prediction prediction_;
  at::Tensor alpha_, sigma_;  // of the table, f64 [T]
  int64_t timestep_count_;
  std::optional<double> snr_gamma_;
  double noise_offset_, shift_;
  bool stratified_, compat_hotshot_;
  timestep_distribution distribution_;
};

}  // namespace zoetrope
