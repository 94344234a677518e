// LMS: linear multistep (Adams-Bashforth on uneven levels), k-diffusion's sample_lms: the polynomial through
// the last derivatives, integrated from sigma_i to sigma_{i+1}.
//   derivatives_     dx/dsigma at the last levels, newest first
//   coefficient(j)   int_{sigma_i}^{sigma_{i+1}}
//                      prod_{k != j} (tau - sigma_{i-k}) / (sigma_{i-j} - sigma_{i-k}) d tau
// The original integrates numerically; here exactly.
#include <ATen/ATen.h>

#include <algorithm>
#include <deque>

#include "schedulers/makers.hpp"
#include "schedulers/sigma_scheduler.hpp"

namespace zoetrope {
namespace {

class lms : public sigma_scheduler {
 public:
  explicit lms(const config& options)
      : sigma_scheduler(options, {}, {prediction::epsilon, prediction::sample, prediction::v}) {
    ignore_ends_for_karras();
    set_timesteps({.steps = num_train_timesteps()});
  }

  void set_timesteps(const timestep_request& request) override {
    const visited_levels levels = levels_for(checked_steps(request, {.most = num_train_timesteps()}));
    set_levels(levels.timesteps, at::kFloat, with_last(levels.sigmas, 0.0));
    derivatives_.clear();
  }

  step_output step(const step_input& input) override {
    ZT_CHECK(input.options.order >= 1 && input.options.order <= 16, usage, "LMS order ", input.options.order,
             " is not between 1 and 16");
    const int64_t index = cursor().at(input.timestep);
    const float level = sigma(index);
    const at::Tensor denoised = original(input, input.sample, level);
    derivatives_.push_front((input.sample - denoised) / level);
    if (derivatives_.size() > static_cast<std::size_t>(input.options.order)) derivatives_.pop_back();

    // As many as there are: fewer than the step's number where the run started in the middle.
    const int64_t order = std::min<int64_t>(derivatives_.size(), input.options.order);
    at::Tensor previous = input.sample;
    for (int64_t j = 0; j < order; ++j) previous = previous + coefficient(index, order, j) * derivatives_[j];
    cursor().advance();
    return {previous, denoised};
  }

 private:
  double coefficient(int64_t index, int64_t order, int64_t j) const {
    // The polynomial's coefficients in u = tau - sigma_i, lowest first.
    const double start = sigma(index), node = sigma(index - j);
    std::vector<double> polynomial = {1.0};
    for (int64_t k = 0; k < order; ++k) {
      if (k == j) continue;
      const double other = sigma(index - k);
      polynomial.push_back(0.0);  // times (u - (other - start)) / (node - other)
      for (std::size_t n = polynomial.size() - 1; n > 0; --n)
        polynomial[n] = (polynomial[n - 1] - polynomial[n] * (other - start)) / (node - other);
      polynomial[0] *= -(other - start) / (node - other);
    }
    const double width = sigma(index + 1) - start;
    double integral = 0.0;
    for (std::size_t n = polynomial.size(); n-- > 0;)
      integral = (integral + polynomial[n] / static_cast<double>(n + 1)) * width;
    return integral;
  }

  std::deque<at::Tensor> derivatives_;
};

}  // namespace

std::unique_ptr<scheduler> make_lms(const config& options) { return std::make_unique<lms>(options); }

}  // namespace zoetrope
