// The table of schedulers, and how a diffusers config becomes one of them.
#include "schedulers/scheduler.hpp"

#include <ATen/ATen.h>

#include <algorithm>

#include "schedulers/makers.hpp"

namespace zoetrope {

at::Tensor scheduler::velocity(const at::Tensor&, const at::Tensor&, const at::Tensor&) {
  throw error(error_kind::usage, "this scheduler has no velocity");
}

registry<scheduler_maker>& schedulers() {
  static registry<scheduler_maker> table(
      "scheduler",
      {{"DDPMScheduler", make_ddpm, "ancestral sampling of the diffusion chain (Ho et al. 2020)"},
       {"DDIMScheduler", make_ddim, "deterministic to ancestral by eta (Song et al. 2021)"},
       {"PNDMScheduler", make_pndm, "linear multistep after a Runge-Kutta warm-up (Liu et al. 2022)"},
       {"EulerDiscreteScheduler", make_euler, "first-order ODE, optional churn (Karras et al. 2022)"},
       {"EulerAncestralDiscreteScheduler", make_euler_ancestral, "Euler with fresh noise at every step"},
       {"HeunDiscreteScheduler", make_heun, "second-order ODE, two calls a step (Karras et al. 2022)"},
       {"LMSDiscreteScheduler", make_lms, "Adams-Bashforth over past derivatives"},
       {"DPMSolverMultistepScheduler", make_dpm_solver_multistep,
        "DPM-Solver(++) of order 1 to 3, ODE or SDE"},
       {"DPMSolverSinglestepScheduler", make_dpm_solver_singlestep,
        "DPM-Solver(++) in blocks of 1 to 3 calls"},
       {"DPMSolverSDEScheduler", make_dpm_solver_sde, "stochastic midpoint steps in log sigma"},
       {"KDPM2DiscreteScheduler", make_kdpm2, "midpoint steps in log sigma, two calls a step"},
       {"KDPM2AncestralDiscreteScheduler", make_kdpm2_ancestral, "the same with fresh noise at every step"},
       {"DEISMultistepScheduler", make_deis,
        "exponential integrator, polynomials in log rho (Zhang and Chen 2023)"},
       {"UniPCMultistepScheduler", make_unipc, "predictor and corrector of any order (Zhao et al. 2023)"},
       {"LCMScheduler", make_lcm, "latent consistency models, 1 to 8 steps (Luo et al. 2023)"},
       {"TCDScheduler", make_tcd, "trajectory consistency distillation (Zheng et al. 2024)"},
       {"EDMEulerScheduler", make_edm_euler, "Euler with EDM's preconditioning (Karras et al. 2022)"},
       {"FlowMatchEulerDiscreteScheduler", make_flow_match_euler,
        "Euler along rectified flow (Esser et al. 2024)"},
       {"FlowMatchHeunDiscreteScheduler", make_flow_match_heun, "Heun along rectified flow"}});
  return table;
}

namespace {

// diffusers: keys listed in _use_default_values were never set by anybody; another class takes its own
// defaults.
config without_unset_keys(const config& options) {
  json tree = options.value();
  for (const auto& key : options.get<std::vector<std::string>>("_use_default_values")) tree.erase(key);
  tree.erase("_use_default_values");
  return config(std::move(tree), options.source());
}

}  // namespace

std::unique_ptr<scheduler> make_scheduler(const std::string& class_name, const config& options) {
  const scheduler_maker make = schedulers().find(class_name);
  return in_context(class_name, [&] {
    return make(options.has("_use_default_values") ? without_unset_keys(options) : options);
  });
}

config load_scheduler_config(const std::filesystem::path& file) {
  std::string text = read_text_file(file, 64u << 20);
  bool quoted = false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (quoted && text[i] == '\\') {
      ++i;
    } else if (text[i] == '"') {
      quoted = !quoted;
    } else if (!quoted && text.compare(i, 8, "Infinity") == 0) {
      text.replace(i, 8, "1.7976931348623157e308");
    }
  }
  return config(parse_json(text, file.string()), file.string());
}

}  // namespace zoetrope
