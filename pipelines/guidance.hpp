// Classifier-free guidance (Ho and Salimans 2022) and its rescaling (Lin et al. 2024, "Common Diffusion Noise
// Schedules and Sample Steps are Flawed", eqs. 15 and 16).
#pragma once

#include <ATen/core/Tensor.h>

namespace zoetrope {

struct guidance_options {
  double scale = 5.0;    ///< w; 1 or less: no guidance, only the positive half is evaluated
  double rescale = 0.0;  ///< φ, 0 to 1
  bool active() const { return scale > 1.0; }
};

/// `unet_output` has the rows of the negatives, then as many positives; the result has those of one half.
/// Without guidance it has the positives alone and comes back as it is.
at::Tensor guide(const at::Tensor& unet_output, const guidance_options& options);

/// φ x std(text) / std(x) + (1 - φ) x, with the unbiased std over all dimensions but the first.
at::Tensor rescale_guided(const at::Tensor& guided, const at::Tensor& text, double rescale);

}  // namespace zoetrope
