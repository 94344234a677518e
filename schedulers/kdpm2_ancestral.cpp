// KDPM2 ancestral: k-diffusion's sample_dpm_2_ancestral: KDPM2 down to sigma_down, then fresh noise up to
// sigma_next (ancestral_step.hpp).
//   middle   sqrt(sigma sigma_down), where the second call is made
#include <ATen/ATen.h>

#include "schedulers/ancestral_step.hpp"
#include "schedulers/makers.hpp"
#include "schedulers/midpoint_scheduler.hpp"

namespace zoetrope {
namespace {

class kdpm2_ancestral : public midpoint_scheduler {
 public:
  explicit kdpm2_ancestral(const config& options) : midpoint_scheduler(options, /*draws=*/true) {
    set_timesteps({.steps = num_train_timesteps()});
  }

 private:
  std::vector<midpoint_step> plan(const std::vector<float>& sigmas) const override {
    std::vector<midpoint_step> steps;
    for (std::size_t i = 0; i + 1 < sigmas.size(); ++i) {
      const float from = sigmas[i], to = sigmas[i + 1];
      const auto [up, down] = ancestral(from, to);
      steps.push_back({from, middle_in_log(from, down), down, up});
    }
    return steps;
  }
};

}  // namespace

std::unique_ptr<scheduler> make_kdpm2_ancestral(const config& options) {
  return std::make_unique<kdpm2_ancestral>(options);
}

}  // namespace zoetrope
