// UniPC: Zhao, Bai, Rao, Zhou, Lu 2023, "UniPC: A Unified Predictor-Corrector Framework for Fast Sampling of
// Diffusion Models" (arXiv 2302.04867), algorithms 1 and 2, of any order.
//   s0, s_i      this level and those before;  t  the next     h   lambda_t - lambda_s0, hh its sign by form
//   r_i          (lambda_{s_i} - lambda_{s0}) / h              D_i (m_{s_i} - m_{s0}) / r_i
//   B(h)         hh (bh1) or e^hh - 1 (bh2)                    phi_k of eq. 5 and appendix B
//   rho          solution of R rho = b (eq. 9): predictor a_m without the row of t, corrector with it
#include <ATen/ATen.h>

#include <algorithm>
#include <cmath>

#include "schedulers/choice.hpp"
#include "schedulers/exponential_integrator.hpp"
#include "schedulers/float32_math.hpp"
#include "schedulers/flow_shift.hpp"
#include "schedulers/makers.hpp"

namespace zoetrope {
namespace {

// sum_j nodes_j^i x_j = b_i, i = 0 … n-1, by elimination with pivoting; n is the solver's order.
std::vector<double> solve_vandermonde(const std::vector<double>& nodes, std::vector<double> b) {
  const std::size_t n = nodes.size();
  std::vector<std::vector<double>> rows(n, std::vector<double>(n, 1.0));
  for (std::size_t i = 1; i < n; ++i)
    for (std::size_t j = 0; j < n; ++j) rows[i][j] = rows[i - 1][j] * nodes[j];
  for (std::size_t k = 0; k < n; ++k) {
    std::size_t pivot = k;
    for (std::size_t i = k + 1; i < n; ++i)
      if (std::fabs(rows[i][k]) > std::fabs(rows[pivot][k])) pivot = i;
    std::swap(rows[k], rows[pivot]);
    std::swap(b[k], b[pivot]);
    for (std::size_t i = 0; i < n; ++i) {
      if (i == k) continue;
      const double factor = rows[i][k] / rows[k][k];
      for (std::size_t j = k; j < n; ++j) rows[i][j] -= factor * rows[k][j];
      b[i] -= factor * b[k];
    }
  }
  for (std::size_t k = 0; k < n; ++k) b[k] /= rows[k][k];
  return b;
}

class unipc : public exponential_integrator {
 public:
  explicit unipc(const config& options)
      : exponential_integrator(options, {.can_rescale = true}),
        predicts_original_(options.get("predict_x0", true)),
        bh1_(read_choice(options, "solver_type", "bh2", {"bh1", "bh2", "midpoint", "heun", "logrho"}) ==
             "bh1"),
        ends_at_sigma_min_(read_ends_at_sigma_min(options)),
        uncorrected_(options.get("disable_corrector", std::vector<int64_t>{})),
        shifts_exponentially_(read_shifts_exponentially(options)),
        terminal_(options.get_optional<double>("shift_terminal")) {
    if (solver_order() > 16) throw options.fail(concat("solver_order ", solver_order(), " is above 16"));
    if (terminal_ && !uses_flow_sigmas()) throw options.fail("shift_terminal is for use_flow_sigmas");
    if (options.has("solver_p")) throw options.fail("solver_p is not supported: predictors cannot be nested");
    if (!predicts_original_ && predicts() == prediction::flow)
      throw options.fail("prediction_type flow_prediction needs predict_x0");
  }

  /// Custom sigmas are for use_flow_sigmas.
  void set_timesteps(const timestep_request& request) override {
    const int64_t steps =
        checked_steps(request, {.sigmas = uses_flow_sigmas(), .most = num_train_timesteps()});
    ZT_CHECK(!shifts_dynamically() || request.mu, usage, "use_dynamic_shifting needs mu");
    visited_levels levels;
    double last = training_sigmas().front();
    if (curve() != sigma_curve::of_timesteps) {
      levels = curve_levels(request, steps);
      last = levels.sigmas.back();
    } else if (uses_flow_sigmas()) {
      levels = flow_levels(request, steps);
      last = levels.sigmas.back();
    } else {
      levels.timesteps = timesteps_for(steps, num_train_timesteps());
      levels.sigmas = interpolated(training_sigmas(), levels.timesteps);
    }
    start(levels, ends_at_sigma_min_ ? last : 0.0);
    last_sample_.reset();
  }

  step_output step(const step_input& input) override {
    const int64_t index = cursor().at(input.timestep);
    const at::Tensor predicted =
        predicts_original_ ? to_original(input, index) : unbounded_epsilon(input, index);
    at::Tensor sample = input.sample;
    const bool corrects =
        index > 0 && last_sample_.defined() &&
        std::find(uncorrected_.begin(), uncorrected_.end(), index - 1) == uncorrected_.end();
    if (corrects) sample = corrected(index, predicted);  // algorithm 1
    remember(predicted);
    order_ = std::min(solver_order(), remembered());
    if (lower_order_final()) order_ = static_cast<int>(std::min<int64_t>(order_, cursor().size() - index));
    last_sample_ = sample;
    const at::Tensor previous = predictor(index, sample);  // algorithm 2
    cursor().advance();
    return {previous, predicts_original_ ? predicted : at::Tensor()};
  }

 private:
  // The original thresholds x_0 only.
  at::Tensor unbounded_epsilon(const step_input& input, int64_t index) const {
    return predicted_epsilon(predicts(), input.model_output, input.sample, mixture(sigma(index)));
  }

  visited_levels curve_levels(const timestep_request& request, int64_t steps) const {
    std::vector<float> rising = training_sigmas();
    if (!request.sigmas.empty()) rising.assign(request.sigmas.begin(), request.sigmas.end());
    const std::vector<double> falling(rising.rbegin(), rising.rend());
    const bool karras = curve() == sigma_curve::karras;
    visited_levels levels = between_ends(falling, steps, karras);
    if (!karras || !uses_flow_sigmas()) {
      if (!request.sigmas.empty()) levels.timesteps = sigma_to_timestep(rising)(levels.sigmas);
      return levels;
    }
    for (std::size_t i = 0; i < levels.sigmas.size(); ++i) {
      levels.sigmas[i] /= levels.sigmas[i] + 1.0;  // sigma of z = (1 - sigma) x_0 + sigma epsilon
      levels.timesteps[i] = levels.sigmas[i] * static_cast<double>(num_train_timesteps());
    }
    return levels;
  }

  visited_levels flow_levels(const timestep_request& request, int64_t steps) const {
    const auto count = static_cast<double>(num_train_timesteps());
    visited_levels levels{{}, request.sigmas};
    if (levels.sigmas.empty()) {
      levels.sigmas = linspace(1.0, 1.0 / count, steps + 1);
      levels.sigmas.pop_back();
    }
    if (shifts_dynamically()) {
      shift_in_time(levels.sigmas, *request.mu, shifts_exponentially_);
    } else {
      for (double& sigma : levels.sigmas) sigma = shifted(sigma, flow_shift());
    }
    if (terminal_.value_or(0.0) != 0.0) stretch_to_terminal(levels.sigmas, *terminal_);
    if (std::fabs(levels.sigmas.front() - 1.0) < 1e-6) levels.sigmas.front() -= 1e-6;  // keeps lambda finite
    for (const double sigma : levels.sigmas) levels.timesteps.push_back(sigma * count);
    return levels;
  }

  // One step from s0 = level `from` to the level after it, without the differences: what predictor and
  // corrector share.
  struct expansion {
    float h, hh, scale;         // scale: what multiplies sum rho_i D_i
    at::Tensor base;            // sample / m_s0 part
    std::vector<double> nodes;  // r_1 … r_{order-1}
    std::vector<double> b;      // b_1 … b_order
    std::vector<at::Tensor> differences;
  };
  expansion expand(int64_t from, const at::Tensor& sample) const {
    expansion e;
    const level to = level_at(from + 1), s0 = level_at(from);
    e.h = to.lambda - s0.lambda;
    e.hh = predicts_original_ ? -e.h : e.h;
    const float phi_1 = torch_expm1(e.hh), b_of_h = bh1_ ? e.hh : phi_1;
    const float weight = predicts_original_ ? to.alpha : to.sigma;
    e.scale = -weight * b_of_h;
    const float carry = predicts_original_ ? to.sigma / s0.sigma : to.alpha / s0.alpha;
    e.base = carry * sample - weight * phi_1 * past(0);
    float phi_k = phi_1 / e.hh - 1.0f, factorial = 1.0f;
    for (int i = 1; i <= order_; ++i) {
      e.b.push_back(phi_k * factorial / b_of_h);
      factorial *= static_cast<float>(i + 1);
      phi_k = phi_k / e.hh - 1.0f / factorial;
    }
    for (int i = 1; i < order_; ++i) {
      const float r = (level_at(from - i).lambda - s0.lambda) / e.h;
      e.nodes.push_back(r);
      e.differences.push_back((past(i) - past(0)) / r);
    }
    return e;
  }

  static at::Tensor added(const expansion& e, const std::vector<double>& rho) {
    at::Tensor sum = e.base;
    for (std::size_t i = 0; i < e.differences.size(); ++i) sum = sum + e.scale * rho[i] * e.differences[i];
    return sum;
  }

  at::Tensor predictor(int64_t index, const at::Tensor& sample) const {
    expansion e = expand(index, sample);
    if (order_ == 1) return e.base;
    e.b.pop_back();
    // One half stands for the solution at order 2, as in the authors' code.
    return added(e, order_ == 2 ? std::vector<double>{0.5} : solve_vandermonde(e.nodes, e.b));
  }

  // The last step again, now with the prediction at its end.
  at::Tensor corrected(int64_t index, const at::Tensor& predicted) const {
    expansion e = expand(index - 1, last_sample_);
    e.nodes.push_back(1.0);
    const std::vector<double> rho = order_ == 1 ? std::vector<double>{0.5} : solve_vandermonde(e.nodes, e.b);
    return added(e, rho) + e.scale * rho.back() * (predicted - past(0));
  }

  bool predicts_original_, bh1_, ends_at_sigma_min_;
  std::vector<int64_t> uncorrected_;
  bool shifts_exponentially_;
  std::optional<double> terminal_;
  int order_ = 1;
  at::Tensor last_sample_;
};

}  // namespace

std::unique_ptr<scheduler> make_unipc(const config& options) { return std::make_unique<unipc>(options); }

}  // namespace zoetrope
