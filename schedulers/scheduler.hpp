// The interface of all noise schedulers, and the table of those there are. A scheduler knows the noise levels
// and how to take one step; it holds no network and no loop:
//
//   auto scheduler = make_scheduler("EulerDiscreteScheduler", config);
//   scheduler->set_timesteps({.steps = 30});
//   for (t of scheduler->timesteps())  x = scheduler->step({model(scheduler->scale_model_input(x, t), t), t,
//   x, noise}).prev_sample;
#pragma once

#include <ATen/core/Tensor.h>

#include <filesystem>
#include <functional>
#include <limits>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "core/config.hpp"
#include "core/registry.hpp"

namespace zoetrope {

/// What the levels are made from: a number of steps, or explicit timesteps or sigmas (both only for flow
/// matching).
struct timestep_request {
  std::optional<int64_t> steps;
  std::vector<double> timesteps;
  std::vector<double> sigmas;
  std::optional<double> mu;  ///< flow matching with dynamic shifting
  /// LCM, TCD: instead of the configured number of distillation steps, and the share of them that is sampled.
  std::optional<int64_t> original_inference_steps;
  double strength = 1.0;
};

/// Draws standard normal noise of a shape. A scheduler calls it once for each draw, in order, and only when
/// it needs one, so that a shared generator gives the numbers that the Python originals see.
using noise_source = std::function<at::Tensor(at::IntArrayRef shape, at::ScalarType dtype)>;

/// Arguments of a step that only some schedulers know; the others ignore them.
struct step_options {
  double eta = 0.0;  ///< DDIM; TCD has its own default
  std::optional<double> tcd_eta;
  bool use_clipped_model_output = false;  ///< DDIM
  double s_churn = 0.0, s_tmin = 0.0;     ///< Euler, EDM Euler (Karras et al. 2022, algorithm 2)
  double s_tmax = std::numeric_limits<double>::infinity();
  double s_noise = 1.0;
  int order = 4;  ///< LMS
  /// diffusers before 0.26: EulerDiscrete draws at every step, used or not, which matters for a shared
  /// generator.
  bool draw_always = false;
};

struct step_input {
  at::Tensor model_output;
  double timestep;
  at::Tensor sample;
  const noise_source& noise;  ///< the caller's own: a copy would begin again with the draws
  step_options options = {};
};

struct step_output {
  at::Tensor prev_sample;
  at::Tensor pred_original_sample;  ///< undefined where the method does not make one
};

/// A step that is linear in what it is given: sample · x + output · (the network's output) + noise · z, z ~
/// N(0, 1).
struct linear_step {
  double sample = 1.0, output = 0.0, noise = 0.0;
  bool draws = false;  ///< z is drawn, even where `noise` is 0: a shared generator must go on alike
};

class scheduler {
 public:
  virtual ~scheduler() = default;

  /// error{usage} for a request that the class cannot serve.
  virtual void set_timesteps(const timestep_request& request) = 0;
  /// 1-D on the CPU, int64, f32 or f64 as the reference has them; may be longer than the steps asked for.
  virtual const at::Tensor& timesteps() const = 0;
  /// Noise levels after set_timesteps; undefined for schedulers without (DDPM, DDIM, PNDM, LCM, TCD).
  virtual at::Tensor sigmas() const { return {}; }
  /// What unit-normal latents are multiplied with at the start.
  virtual double init_noise_sigma() const { return 1.0; }
  /// Network evaluations per nominal step (Heun, KDPM2: 2).
  virtual int order() const { return 1; }

  /// The next step is number `index` of timesteps(), whatever timestep it is given (the first step otherwise
  /// finds its number from its timestep). Methods without a step counter need nothing.
  virtual void set_begin_index(int64_t) {}
  /// Of steps that set_timesteps takes.
  virtual int64_t least_steps() const { return 1; }
  /// Why a run cannot begin behind the first step, and what helps; empty: it can.
  virtual std::string late_start_problem() const { return {}; }

  virtual at::Tensor scale_model_input(const at::Tensor& sample, double /*timestep*/) { return sample; }
  virtual step_output step(const step_input& input) = 0;
  /// The step at `timestep` as a linear map of sample and output, and on to the next step as if step() had
  /// been called; nothing, with nothing done, where the step is not linear in them (or nobody has written it
  /// so).
  virtual std::optional<linear_step> take_linear_step(double /*timestep*/, const step_options&) {
    return std::nullopt;
  }

  /// Forward process: x_t from x_0, `timesteps` 1-D with one entry a row (of timesteps()'s values).
  virtual at::Tensor add_noise(const at::Tensor& original, const at::Tensor& noise,
                               const at::Tensor& timesteps) = 0;
  /// v of the same (Salimans and Ho 2022); error{usage} where the class has none.
  virtual at::Tensor velocity(const at::Tensor& sample, const at::Tensor& noise, const at::Tensor& timesteps);
  /// [num_train_timesteps] f32; undefined for flow matching and EDM.
  virtual at::Tensor alphas_cumprod() const { return {}; }
};

using scheduler_maker = std::unique_ptr<scheduler> (*)(const config& options);
/// Every scheduler under its diffusers class name.
registry<scheduler_maker>& schedulers();

/// `class_name` configured by `options` as diffusers' from_config does: fields that the class does not have
/// are ignored (another scheduler's file may be given), missing ones take the class default. error{bad_input}
/// for an unknown class or a value that the class refuses.
std::unique_ptr<scheduler> make_scheduler(const std::string& class_name, const config& options);

/// A scheduler_config.json. diffusers writes infinities as -Infinity, which is no JSON; here they become
/// +-1.8e308.
config load_scheduler_config(const std::filesystem::path& file);

}  // namespace zoetrope
