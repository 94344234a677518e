// SSIM, Wang et al. 2004, "Image Quality Assessment: From Error Visibility to Structural Similarity", eq. 13:
//   (2 mu_a mu_b + C1) (2 s_ab + C2) / ((mu_a^2 + mu_b^2 + C1) (s_a^2 + s_b^2 + C2)),  C = (K range)^2,
// K1 0.01, K2 0.03, averaged over all places where the window lies inside the picture: scikit-image's
// structural_similarity. What a picture has alone is computed once (ssim_side) for all that it is compared
// with.
#pragma once

#include <array>
#include <vector>

#include "eval/metrics/plane.hpp"

namespace zoetrope {

struct ssim_window {
  std::vector<double> weights;       ///< of one direction, symmetric; they add up to 1
  double covariance_correction = 1;  ///< n / (n - 1) for sample covariances
  int side() const { return static_cast<int>(weights.size()); }
};
/// Wang's: 11 x 11, sigma 1.5, population covariance; scikit-image's gaussian_weights=True,
/// use_sample_covariance=False.
ssim_window gaussian_ssim_window();
/// scikit-image's default: 7 x 7, all alike, sample covariance.
ssim_window uniform_ssim_window();
/// The option "window": gaussian (default) or uniform.
ssim_window read_ssim_window(const config& options);

struct ssim_side {
  plane values;
  plane means, variances;  ///< under the window; smaller by side - 1
};
ssim_side make_ssim_side(plane values, const ssim_window& window);

/// Mean SSIM of two planes of one size with values in [0, range].
double structural_similarity(const ssim_side& a, const ssim_side& b, const ssim_window& window,
                             double range = 1);

/// Of RGB frames: the mean of the three channels.
using ssim_frame = std::array<ssim_side, 3>;
ssim_frame make_ssim_frame(const float_clip& clip, int frame, const ssim_window& window);
double structural_similarity(const ssim_frame& a, const ssim_frame& b, const ssim_window& window);

}  // namespace zoetrope
