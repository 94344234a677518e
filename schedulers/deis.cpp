// DEIS: Zhang and Chen 2023, "Fast Sampling of Diffusion Models with Exponential Integrator" (arXiv
// 2204.13902): the epsilon predictions as a polynomial in log rho, integrated exactly over the step (its
// rhoAB / log-rho form).
//   rho          sigma / alpha (section 3.4)
//   s0, s1, s2   this level and the two before;  t  the next
//   C_j          int_{rho_s0}^{rho_t} l_j(log rho) d rho with the Lagrange polynomials l_j (eq. 15)
#include <ATen/ATen.h>

#include "schedulers/choice.hpp"
#include "schedulers/exponential_integrator.hpp"
#include "schedulers/float32_math.hpp"
#include "schedulers/makers.hpp"

namespace zoetrope {
namespace {

// Antiderivative at t of the line in log rho that is 1 at b and 0 at c.
float line_integral(float t, float b, float c) {
  return t * (-numpy_log(c) + numpy_log(t) - 1.0f) / (numpy_log(b) - numpy_log(c));
}

// Antiderivative at t of the parabola in log rho that is 1 at b and 0 at c and d.
float parabola_integral(float t, float b, float c, float d) {
  const float log_t = numpy_log(t), log_b = numpy_log(b), log_c = numpy_log(c), log_d = numpy_log(d);
  return t * (log_c * (log_d - log_t + 1.0f) - log_d * log_t + log_d + log_t * log_t - 2.0f * log_t + 2.0f) /
         ((log_b - log_c) * (log_b - log_d));
}

class deis : public exponential_integrator {
 public:
  explicit deis(const config& options) : exponential_integrator(options, {}) {
    read_choice(options, "algorithm_type", "deis", {"deis", "dpmsolver", "dpmsolver++"});
    read_choice(options, "solver_type", "logrho", {"logrho", "midpoint", "heun", "bh1", "bh2"});
    if (solver_order() > 3) throw options.fail(concat("solver_order ", solver_order(), " is not 1, 2 or 3"));
  }

  void set_timesteps(const timestep_request& request) override {
    const int64_t steps = checked_steps(request, {.most = num_train_timesteps()});
    const bool plain = curve() == sigma_curve::of_timesteps && !uses_flow_sigmas();
    const visited_levels levels =
        on_curve(timesteps_for(steps, num_train_timesteps()), steps, flow_shift_for(request));
    // It never reaches sigma 0, where epsilon has no meaning.
    start(levels, plain ? training_sigmas().front() : levels.sigmas.back());
  }

  step_output step(const step_input& input) override {
    const int64_t index = cursor().at(input.timestep);
    const signal_noise mixed = conversion_level(index);
    remember((input.sample - mixed.alpha * to_original(input, index)) / mixed.sigma);
    const level to = level_at(index + 1), s0 = level_at(index);
    at::Tensor previous;
    switch (multistep_order(index)) {
      case 1:
        previous = to.alpha / s0.alpha * input.sample -
                   to.sigma * (torch_exp(to.lambda - s0.lambda) - 1.0f) * past(0);
        break;
      case 2: {
        const float t = rho(to), a = rho(s0), b = rho(level_at(index - 1));
        previous = to.alpha *
                   (input.sample / s0.alpha + (line_integral(t, a, b) - line_integral(a, a, b)) * past(0) +
                    (line_integral(t, b, a) - line_integral(a, b, a)) * past(1));
        break;
      }
      default: {
        const float t = rho(to), a = rho(s0), b = rho(level_at(index - 1)), c = rho(level_at(index - 2));
        const auto coefficient = [&](float node, float other, float another) {
          return parabola_integral(t, node, other, another) - parabola_integral(a, node, other, another);
        };
        previous = to.alpha * (input.sample / s0.alpha + coefficient(a, b, c) * past(0) +
                               coefficient(b, c, a) * past(1) + coefficient(c, a, b) * past(2));
      }
    }
    cursor().advance();
    return {previous, {}};
  }

 private:
  static float rho(const level& at) { return at.sigma / at.alpha; }
};

}  // namespace

std::unique_ptr<scheduler> make_deis(const config& options) { return std::make_unique<deis>(options); }

}  // namespace zoetrope
