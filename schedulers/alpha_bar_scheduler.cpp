// See alpha_bar_scheduler.hpp.
#include "schedulers/alpha_bar_scheduler.hpp"

#include <ATen/ATen.h>

#include <cmath>

namespace zoetrope {

alpha_bar_scheduler::alpha_bar_scheduler(noise_schedule schedule, float final_alpha_bar)
    : schedule_(std::move(schedule)), final_alpha_bar_(final_alpha_bar) {
  timesteps_ = at::arange(schedule_.num_train_timesteps - 1, -1, -1, at::kLong);
}

void alpha_bar_scheduler::set_list(const std::vector<double>& timesteps) {
  timesteps_ = timestep_tensor(timesteps, at::kLong);
}

float alpha_bar_scheduler::alpha_bar(int64_t timestep) const {
  return timestep < 0 ? final_alpha_bar_ : schedule_.alpha_bar(timestep);
}

at::Tensor alpha_bar_scheduler::alphas_cumprod() const {
  return at::tensor(at::ArrayRef<float>(schedule_.alphas_cumprod), at::kFloat);
}

namespace {

// sqrt(alpha_bar_t) and sqrt(1 - alpha_bar_t), one a row
std::pair<at::Tensor, at::Tensor> row_levels(const noise_schedule& schedule, const at::Tensor& timesteps,
                                             const at::Tensor& like) {
  std::vector<float> signal, amount;
  for (const double timestep : as_doubles(timesteps)) {
    const signal_noise level = variance_preserving(schedule.alpha_bar(whole_timestep(timestep)));
    signal.push_back(level.alpha);
    amount.push_back(level.sigma);
  }
  return {row_factors(signal, like), row_factors(amount, like)};
}

}  // namespace

at::Tensor alpha_bar_scheduler::add_noise(const at::Tensor& original, const at::Tensor& noise,
                                          const at::Tensor& timesteps) {
  const auto [signal, amount] = row_levels(schedule_, timesteps, original);
  return signal * original + amount * noise;
}

at::Tensor alpha_bar_scheduler::velocity(const at::Tensor& sample, const at::Tensor& noise,
                                         const at::Tensor& timesteps) {
  const auto [signal, amount] = row_levels(schedule_, timesteps, sample);
  return signal * noise - amount * sample;
}

float read_final_alpha_bar(const config& options, const noise_schedule& schedule, bool to_one_by_default) {
  return options.get("set_alpha_to_one", to_one_by_default) ? 1.0f : schedule.alphas_cumprod.front();
}

void check_whole_timesteps(const std::vector<double>& timesteps, int64_t num_train) {
  for (std::size_t i = 0; i < timesteps.size(); ++i) {
    const int64_t timestep = whole_timestep(timesteps[i]);
    ZT_CHECK(timestep >= 0 && timestep < num_train, usage, "custom timestep ", timestep, " is not in [0, ",
             num_train, ")");
    ZT_CHECK(i == 0 || timesteps[i] < timesteps[i - 1], usage, "custom timesteps must fall, got ",
             timesteps[i - 1], " before ", timesteps[i]);
  }
}

int64_t whole_timestep(double timestep) {
  ZT_CHECK(std::fabs(timestep) < 1e9 && timestep == std::floor(timestep), usage, "timestep ", timestep,
           " is not a whole number, as this scheduler's are");
  return static_cast<int64_t>(timestep);
}

}  // namespace zoetrope
