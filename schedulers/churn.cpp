// See churn.hpp.
#include "schedulers/churn.hpp"

#include <ATen/ATen.h>

#include <algorithm>
#include <numbers>

#include "schedulers/float32_math.hpp"
#include "schedulers/indexed_scheduler.hpp"

namespace zoetrope {

float churned(const step_input& input, float sigma, int64_t steps, at::Tensor& sample) {
  const step_options& options = input.options;
  const bool within = options.s_tmin <= sigma && sigma <= options.s_tmax;
  const double gamma =
      within ? std::min(options.s_churn / static_cast<double>(steps), std::numbers::sqrt2 - 1.0) : 0.0;
  const float sigma_hat = sigma * static_cast<float>(gamma + 1.0);
  if (gamma <= 0.0 && !options.draw_always) return sigma_hat;
  const at::Tensor noise = draw(input, input.model_output, input.model_output.scalar_type());
  if (gamma > 0.0)
    sample = sample + noise * options.s_noise * torch_sqrt(sigma_hat * sigma_hat - sigma * sigma);
  return sigma_hat;
}

}  // namespace zoetrope
