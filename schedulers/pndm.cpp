// PNDM: Liu, Ren, Lin, Zhao 2022, "Pseudo Numerical Methods for Diffusion Models on Manifolds" (arXiv
// 2202.09778). Linear multistep over the last four noise predictions, warmed up by pseudo Runge-Kutta steps
// of four calls each, or (skip_prk_steps) by calling twice at the second level.
//   past_          e_t, e_{t-delta}, …     (eq. 12)
//   accumulated_   e' of eq. 13, summed up over the four calls
//   anchor_        x_t that those calls start from
#include <ATen/ATen.h>

#include <utility>

#include "schedulers/alpha_bar_scheduler.hpp"
#include "schedulers/float32_math.hpp"
#include "schedulers/makers.hpp"
#include "schedulers/timestep_spacing.hpp"

namespace zoetrope {
namespace {

class pndm : public alpha_bar_scheduler {
 public:
  pndm(const config& options, const noise_schedule& schedule)
      : alpha_bar_scheduler(schedule, read_final_alpha_bar(options, schedule, false)),
        prediction_(read_prediction(options, {prediction::epsilon, prediction::v})),
        spacing_(read_spacing(options, "leading")),
        skip_runge_kutta_(options.get("skip_prk_steps", false)) {}

  void set_timesteps(const timestep_request& request) override {
    const int64_t steps = checked_steps(request, {.most = num_train_timesteps()});
    ZT_CHECK(steps >= least_steps(), usage, "PNDM's Runge-Kutta warm-up takes ", least_steps(),
             " steps, got ", steps, "; set skip_prk_steps for fewer");
    stride_ = num_train_timesteps() / steps;
    const std::vector<double> levels = rounded(spaced_timesteps(spacing_, steps, num_train_timesteps()));
    runge_kutta_.clear();
    if (!skip_runge_kutta_) set_warm_up(levels);
    std::vector<double> all = runge_kutta_;
    all.insert(all.end(), levels.begin() + (skip_runge_kutta_ ? 0 : 3), levels.end());
    if (skip_runge_kutta_ && steps > 1)
      all.insert(all.begin() + 1, levels[1]);  // the second level is called twice
    set_list(all);
    first_timestep_ = all.front();
    past_.clear();
    accumulated_.reset();
    anchor_.reset();
    counter_ = 0;
    repeats_first_ = false;
  }

  void set_begin_index(int64_t index) override { repeats_first_ = skip_runge_kutta_ && index == 1; }
  int64_t least_steps() const override { return skip_runge_kutta_ ? 1 : 4; }
  std::string late_start_problem() const override {
    return skip_runge_kutta_
               ? ""
               : "PNDMScheduler cannot start in the middle of its Runge-Kutta warm-up: set skip_prk_steps";
  }

  step_output step(const step_input& input) override {
    ZT_CHECK(stride_ > 0, usage, "set_timesteps comes before step");
    // A run that starts further down finds neither the warm-up's levels nor the repeated one.
    if (counter_ == 0 && input.timestep != first_timestep_)
      counter_ = static_cast<int64_t>(runge_kutta_.size()) + 2;
    if (std::exchange(repeats_first_, false))
      return {input.sample, {}};  // the next call is at this level, too
    const bool warming_up = counter_ < static_cast<int64_t>(runge_kutta_.size());
    at::Tensor previous = warming_up ? runge_kutta_step(input) : multistep(input);
    ++counter_;
    return {previous, {}};
  }

 private:
  // Three steps of calls at t, t - delta/2 (twice), t - delta; the first call of a step is at the last one's
  // end.
  void set_warm_up(const std::vector<double>& levels) {
    const double half = static_cast<double>(stride_ / 2);
    for (int i = 0; i < 3; ++i)
      for (const double t : {levels[i], levels[i + 1] + half, levels[i + 1] + half, levels[i + 1]})
        runge_kutta_.push_back(t);
  }

  // eq. 13
  at::Tensor runge_kutta_step(const step_input& input) {
    const int64_t to = whole_timestep(input.timestep) - (counter_ % 2 ? 0 : stride_ / 2);
    const auto from = static_cast<int64_t>(runge_kutta_[counter_ / 4 * 4]);
    at::Tensor direction = input.model_output;
    switch (counter_ % 4) {
      case 0:
        accumulated_ = direction / 6;
        past_.push_back(direction);
        anchor_ = input.sample;
        break;
      case 3:
        direction = accumulated_ + direction / 6;
        break;
      default:
        accumulated_ = accumulated_ + direction / 3;
    }
    return transfer(anchor_, from, to, direction);
  }

  // eq. 12 and its lower orders
  at::Tensor multistep(const step_input& input) {
    int64_t from = whole_timestep(input.timestep), to = from - stride_;
    at::Tensor sample = input.sample, direction = input.model_output;
    if (counter_ != 1) {
      if (past_.size() > 3) past_.erase(past_.begin(), past_.end() - 3);
      past_.push_back(direction);
    } else {  // the second call repeats the first step with the mean direction
      to = from;
      from += stride_;
    }
    const auto past = [&](std::size_t back) { return past_[past_.size() - 1 - back]; };
    if (past_.size() == 1 && counter_ == 1) {
      direction = (direction + past(0)) / 2;
      sample = anchor_;
    } else if (past_.size() == 1) {
      anchor_ = sample;
    } else if (past_.size() == 2) {
      direction = (3 * past(0) - past(1)) / 2;
    } else if (past_.size() == 3) {
      direction = (23 * past(0) - 16 * past(1) + 5 * past(2)) / 12;
    } else {
      direction = (55 * past(0) - 59 * past(1) + 37 * past(2) - 9 * past(3)) / 24;
    }
    return transfer(sample, from, to, direction);
  }

  // phi(x_t, e, t, t') of eq. 11
  at::Tensor transfer(const at::Tensor& sample, int64_t from, int64_t to, const at::Tensor& output) const {
    const float alpha_bar_from = alpha_bar(from), alpha_bar_to = alpha_bar(to);
    const at::Tensor epsilon =
        predicted_epsilon(prediction_, output, sample, variance_preserving(alpha_bar_from));
    const float denominator = alpha_bar_from * torch_sqrt(1.0f - alpha_bar_to) +
                              torch_sqrt(alpha_bar_from * (1.0f - alpha_bar_from) * alpha_bar_to);
    return torch_sqrt(alpha_bar_to / alpha_bar_from) * sample -
           (alpha_bar_to - alpha_bar_from) * epsilon / denominator;
  }

  prediction prediction_;
  spacing_options spacing_;
  bool skip_runge_kutta_;
  bool repeats_first_ = false;  ///< the run begins with the first of the two calls at the second level
  double first_timestep_ = 0.0;
  int64_t stride_ = 0, counter_ = 0;
  std::vector<double> runge_kutta_;
  std::vector<at::Tensor> past_;
  at::Tensor accumulated_, anchor_;
};

}  // namespace

std::unique_ptr<scheduler> make_pndm(const config& options) {
  return std::make_unique<pndm>(options, read_noise_schedule(options));
}

}  // namespace zoetrope
