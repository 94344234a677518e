// KDPM2: k-diffusion's sample_dpm_2, the midpoint method of Karras et al. 2022 (arXiv 2206.00364), with the
// midpoint taken in log sigma as DPM-Solver-2 has it (Lu et al. 2022, arXiv 2206.00927). Two calls a level,
// one for the last.
//   sigma, sigma_next   ends of a step
//   middle              sqrt(sigma sigma_next), where the second call is made
#include <ATen/ATen.h>

#include "schedulers/makers.hpp"
#include "schedulers/midpoint_scheduler.hpp"

namespace zoetrope {
namespace {

class kdpm2 : public midpoint_scheduler {
 public:
  explicit kdpm2(const config& options) : midpoint_scheduler(options, /*draws=*/false) {
    set_timesteps({.steps = num_train_timesteps()});
  }

 private:
  std::vector<midpoint_step> plan(const std::vector<float>& sigmas) const override {
    std::vector<midpoint_step> steps;
    for (std::size_t i = 0; i + 1 < sigmas.size(); ++i)
      steps.push_back({sigmas[i], middle_in_log(sigmas[i + 1], sigmas[i]), sigmas[i + 1], 0.0f});
    return steps;
  }
};

}  // namespace

std::unique_ptr<scheduler> make_kdpm2(const config& options) { return std::make_unique<kdpm2>(options); }

}  // namespace zoetrope
