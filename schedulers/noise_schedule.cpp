// See noise_schedule.hpp.
#include "schedulers/noise_schedule.hpp"

#include <algorithm>
#include <cmath>
#include <functional>
#include <numbers>

#include "schedulers/choice.hpp"
#include "schedulers/float32_math.hpp"

namespace zoetrope {

std::vector<float> linspace_f32(double start, double stop, int64_t count) {
  const auto first = static_cast<float>(start), last = static_cast<float>(stop);
  const float step = count > 1 ? (last - first) / static_cast<float>(count - 1) : 0.0f;
  std::vector<float> values(count);
  for (int64_t i = 0; i < count; ++i)  // fused, as torch's kernel is compiled
    values[i] = i < count / 2 || count == 1 ? std::fma(step, static_cast<float>(i), first)
                                            : std::fma(-step, static_cast<float>(count - 1 - i), last);
  return values;
}

std::vector<float> cumulative_alphas(const std::vector<float>& betas) {
  std::vector<float> products(betas.size());
  double product = 1.0;
  for (std::size_t t = 0; t < betas.size(); ++t)
    products[t] = static_cast<float>(product *= static_cast<double>(1.0f - betas[t]));
  return products;
}

std::vector<float> rescaled_to_zero_terminal_snr(const std::vector<float>& betas) {
  std::vector<float> root = torch_sqrt(cumulative_alphas(betas));
  // Shift so that the last is zero, scale so that the first stays (algorithm 1, lines 5-8).
  const float first = root.front(), last = root.back();
  for (float& value : root) value = (value - last) * (first / (first - last));
  std::vector<float> rescaled(betas.size());
  float previous = 1.0f;
  for (std::size_t t = 0; t < root.size(); ++t) {
    const float alpha_bar = root[t] * root[t];
    rescaled[t] = 1.0f - alpha_bar / previous;
    previous = alpha_bar;
  }
  return rescaled;
}

namespace {

// beta_t = min(1 - alpha_bar(t + 1) / alpha_bar(t), 0.999) for a continuous alpha_bar over [0, 1]
// (Nichol and Dhariwal 2021, arXiv 2102.09672, eq. 17).
std::vector<float> betas_for(const std::function<double(double)>& alpha_bar, int64_t count) {
  std::vector<float> betas(count);
  for (int64_t i = 0; i < count; ++i) {
    const double from = static_cast<double>(i) / static_cast<double>(count);
    const double to = static_cast<double>(i + 1) / static_cast<double>(count);
    betas[i] = static_cast<float>(std::min(1.0 - alpha_bar(to) / alpha_bar(from), 0.999));
  }
  return betas;
}

double cosine_alpha_bar(double t) {
  const double root = std::cos((t + 0.008) / 1.008 * std::numbers::pi / 2.0);
  return root * root;
}

double laplace_alpha_bar(double t) {
  const double lambda = -0.5 * std::copysign(1.0, 0.5 - t) * std::log(1.0 - 2.0 * std::fabs(0.5 - t) + 1e-6);
  const double snr = std::exp(lambda);
  return std::sqrt(snr / (1.0 + snr));
}

std::vector<float> scaled_linear(double start, double end, int64_t count) {
  std::vector<float> betas = linspace_f32(std::sqrt(start), std::sqrt(end), count);
  for (float& beta : betas) beta *= beta;
  return betas;
}

std::vector<float> sigmoid(double start, double end, int64_t count) {
  std::vector<float> betas = linspace_f32(-6.0, 6.0, count);
  for (float& beta : betas)
    beta = 1.0f / (1.0f + torch_exp(-beta)) * static_cast<float>(end - start) + static_cast<float>(start);
  return betas;
}

std::vector<float> squared_cosine(double, double, int64_t count) {
  return betas_for(cosine_alpha_bar, count);
}
std::vector<float> laplace(double, double, int64_t count) { return betas_for(laplace_alpha_bar, count); }
std::vector<float> exponential(double, double, int64_t count) {
  return betas_for([](double t) { return std::exp(t * -12.0); }, count);
}

std::vector<float> read_betas(const config& options, const noise_schedule_traits& traits, int64_t count) {
  const double start = options.get("beta_start", traits.beta_start);
  const double end = options.get("beta_end", traits.beta_end);
  std::vector<std::string> known = {"linear", "scaled_linear", "squaredcos_cap_v2"};
  known.insert(known.end(), traits.more_schedules.begin(), traits.more_schedules.end());
  if (const auto trained = options.get_optional<std::vector<double>>("trained_betas")) {
    if (trained->empty()) throw options.fail("trained_betas is an empty list");
    return {trained->begin(), trained->end()};
  }
  const std::string name = read_choice(options, "beta_schedule", traits.beta_schedule, known);
  if (!(start >= 0.0 && end >= 0.0 && start < 1.0 && end < 1.0))
    throw options.fail(concat("beta_start ", start, " and beta_end ", end, " must lie in [0, 1)"));
  return beta_schedules().find(name)(start, end, count);
}

}  // namespace

const registry<beta_schedule>& beta_schedules() {
  static const registry<beta_schedule> table(
      "beta_schedule", {{"linear", linspace_f32, "beta rises on a line (Ho et al. 2020)"},
                        {"scaled_linear", scaled_linear, "its root does (Rombach et al. 2022)"},
                        {"squaredcos_cap_v2", squared_cosine,
                         "alpha_bar falls as a squared cosine (Nichol and Dhariwal 2021)"},
                        {"exp", exponential, "alpha_bar falls as exp(-12 t); Heun's alone"},
                        {"laplace", laplace, "log SNR as a Laplace variable's; DDPM's alone"},
                        {"sigmoid", sigmoid, "beta rises on a sigmoid (Xu et al. 2022); DDPM's alone"}});
  return table;
}

noise_schedule read_noise_schedule(const config& options, const noise_schedule_traits& traits) {
  noise_schedule schedule;
  schedule.num_train_timesteps = read_num_train_timesteps(options);
  schedule.beta_schedule = options.get("beta_schedule", traits.beta_schedule);
  schedule.betas = read_betas(options, traits, schedule.num_train_timesteps);
  const bool rescale = traits.can_rescale && options.get("rescale_betas_zero_snr", false);
  if (rescale) schedule.betas = rescaled_to_zero_terminal_snr(schedule.betas);
  schedule.alphas_cumprod = cumulative_alphas(schedule.betas);
  if (rescale && traits.keep_last_sigma_finite) schedule.alphas_cumprod.back() = 0x1p-24f;
  return schedule;
}

float noise_schedule::alpha_bar(int64_t timestep) const {
  ZT_CHECK(timestep >= 0 && timestep < static_cast<int64_t>(alphas_cumprod.size()), usage, "timestep ",
           timestep, " is outside of the noise schedule's ", alphas_cumprod.size(), " timesteps");
  return alphas_cumprod[timestep];
}

std::vector<float> noise_schedule::sigmas() const {
  std::vector<float> values(alphas_cumprod.size());
  for (std::size_t t = 0; t < values.size(); ++t) values[t] = (1.0f - alphas_cumprod[t]) / alphas_cumprod[t];
  return torch_sqrt(values);
}

}  // namespace zoetrope
